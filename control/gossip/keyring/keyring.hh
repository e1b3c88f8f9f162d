#pragma once

#include <vector>

#include "common/result.hh"
#include "control/gossip/keyring/sealing.hh"

namespace waggle::gossip {

/// The keys of a gossip: all open what comes, one seals what goes. Keys come and go while it is in use
/// (rotation): a new key is first only opened with, everywhere, before anybody seals with it. One thread at
/// a time.
class keyring {
public:
    /// `primary` is the index of the key that seals. Between 1 and 16 keys; the same key twice counts once.
    static result<keyring> make(const std::vector<bytes>& keys, std::size_t primary);

    /// Seals with the primary key under a random nonce.
    bytes seal_packet(byte_view message) const;
    bytes seal_stream(byte_view message) const;

    /// Tries every key, the primary first. "wrong key" is told apart from what is no sealed message at all.
    enum class verdict : std::uint8_t { opened, wrong_key, not_sealed };
    verdict open_packet(byte_view sealed, bytes& out) const;
    /// `frame` with its header.
    verdict open_stream(byte_view frame, bytes& out) const;

    /// Of every key, the primary first.
    std::vector<std::string> fingerprints() const;

private:
    verdict open(byte_view sealed, byte_view additional, bytes& out) const;
    /// The primary first.
    std::vector<aead_key> _keys;
};

}  // namespace waggle::gossip
