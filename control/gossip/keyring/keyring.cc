#include "control/gossip/keyring/keyring.hh"

#include <algorithm>
#include <cstdlib>
#include <openssl/rand.h>
#include <utility>

namespace waggle::gossip {

namespace {

nonce random_nonce() {
    nonce iv;
    // Without randomness nonces would repeat and give the keys away: better no process than that.
    if (RAND_bytes(iv.data(), static_cast<int>(iv.size())) != 1) std::abort();
    return iv;
}

}  // namespace

result<keyring> keyring::make(const std::vector<bytes>& keys, std::size_t primary) {
    constexpr std::size_t keys_limit = 16;
    if (keys.empty()) return error{"the gossip needs a key"};
    if (keys.size() > keys_limit) return error{"the gossip takes 16 keys at most"};
    if (primary >= keys.size()) return error{"the key to seal with is not among the gossip's keys"};
    keyring ring;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        result<aead_key> key = aead_key::make(keys[i]);
        if (!key) return key.failure();
        const bool known = std::any_of(ring._keys.begin(), ring._keys.end(), [&](const aead_key& other) {
            return other.fingerprint() == key->fingerprint();
        });
        if (known && i != primary) continue;
        if (known)
            std::erase_if(ring._keys,
                          [&](const aead_key& other) { return other.fingerprint() == key->fingerprint(); });
        ring._keys.insert(i == primary ? ring._keys.begin() : ring._keys.end(), std::move(*key));
    }
    return ring;
}

bytes keyring::seal_packet(byte_view message) const {
    return seal(_keys.front(), random_nonce(), sealing_version::plain, {}, message);
}

bytes keyring::seal_stream(byte_view message) const {
    return seal_frame(_keys.front(), random_nonce(), message);
}

keyring::verdict keyring::open(byte_view sealed, byte_view additional, bytes& out) const {
    const result<sealed_parts> parts = split_sealed(sealed);
    if (!parts) return verdict::not_sealed;
    for (const aead_key& key : _keys)
        if (unseal(key, *parts, additional, out)) return verdict::opened;
    return verdict::wrong_key;
}

keyring::verdict keyring::open_packet(byte_view sealed, bytes& out) const {
    return open(sealed, {}, out);
}

keyring::verdict keyring::open_stream(byte_view frame, bytes& out) const {
    if (frame.size() < frame_header_size) return verdict::not_sealed;
    return open(frame.subspan(frame_header_size), frame.first(frame_header_size), out);
}

std::vector<std::string> keyring::fingerprints() const {
    std::vector<std::string> all;
    for (const aead_key& key : _keys) all.push_back(key.fingerprint());
    return all;
}

}  // namespace waggle::gossip
