#include <cstddef>
#include <cstdint>

#include "control/gossip/keyring/keyring.hh"
#include "control/gossip/memberlist/wire/packing.hh"
#include "tests/fuzz/watched_list.hh"

/// Datagrams of a peer: after their seal (first byte even), to a member list that knows somebody and probes;
/// and the sealed forms of packets and frames as anybody can send them (odd).
namespace {

using namespace waggle;
using namespace waggle::gossip;

void receive(byte_view input) {
    const result<bytes> message = wire::unpack(input, wire::packet_unpacked_limit);
    if (!message) return;
    watched_list watched;
    watched.list.receive_packet(peer, *message, watched.now());
    watched.step();
}

void unseal(byte_view input) {
    static const keyring ring = *keyring::make({bytes(16, 1), bytes(32, 2)}, 0);
    bytes out;
    require(ring.open_packet(input, out) != keyring::verdict::opened);
    require(ring.open_stream(input, out) != keyring::verdict::opened);
    // The padding of version 0 lies below the seal.
    static const aead_key key = *aead_key::make(bytes(16, 1));
    const bytes padded = seal(key, nonce{}, sealing_version::plain, {}, input);
    result<sealed_parts> parts = split_sealed(padded);
    require(parts.ok());
    parts->version = sealing_version::padded;
    out.clear();
    if (gossip::unseal(key, *parts, {}, out)) require(out.size() < input.size());
    require(ring.open_packet(padded, out) == keyring::verdict::opened);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const byte_view input(data + 1, size - 1);
    if (data[0] % 2 == 0)
        receive(input);
    else
        unseal(input);
    return 0;
}
