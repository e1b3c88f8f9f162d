#include "dataplane/table/vtep_entry.hh"

#include <cassert>
#include <cstring>

#include "common/byte_order.hh"

namespace waggle {
namespace {

constexpr int ethernet_length = 14;
constexpr int vxlan_length = 8;
constexpr std::uint8_t udp_protocol = 17;
constexpr std::uint8_t hop_limit = 64;

/// Unfolded sum of the 16-bit words at `bytes`, in memory order.
std::uint32_t word_sum(const std::uint8_t* bytes, std::size_t length) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < length; i += 2) {
        std::uint16_t word;
        std::memcpy(&word, bytes + i, sizeof word);
        sum += word;
    }
    return sum;
}

void store(std::uint8_t* destination, be16 value) {
    std::memcpy(destination, &value, sizeof value);
}

}  // namespace

vtep_entry make_vtep_entry(const vtep_parameters& parameters) {
    assert(parameters.remote.is_v4() == parameters.source.is_v4());
    vtep_entry entry;
    entry.port = parameters.port;
    entry.path_mtu = parameters.path_mtu;
    entry.reachable = true;
    entry.address = parameters.remote;
    entry.ipv6 = parameters.remote.is_v6();

    std::uint8_t* const ethernet = entry.header.data();
    parameters.destination_mac.store(ethernet);
    parameters.source_mac.store(ethernet + 6);
    store(ethernet + 12, be16(entry.ipv6 ? 0x86dd : 0x0800));

    std::uint8_t* const ip = ethernet + ethernet_length;
    const auto source = parameters.source.wire_bytes();
    const auto remote = parameters.remote.wire_bytes();
    std::uint8_t* udp = nullptr;
    if (entry.ipv6) {
        ip[0] = 0x60;
        ip[6] = udp_protocol;
        ip[7] = hop_limit;
        std::memcpy(ip + 8, source.data(), 16);
        std::memcpy(ip + 24, remote.data(), 16);
        udp = ip + 40;
        // Pseudo header of RFC 8200 section 8.1; its last word is a zero byte and the protocol.
        entry.checksum_base =
            word_sum(ip + 8, 32) + be16(udp_protocol).raw() + be16(parameters.udp_port).raw();
    } else {
        ip[0] = 0x45;
        ip[8] = hop_limit;
        ip[9] = udp_protocol;
        std::memcpy(ip + 12, source.data(), 4);
        std::memcpy(ip + 16, remote.data(), 4);
        udp = ip + 20;
        entry.checksum_base = word_sum(ip, 20);
    }
    store(udp + 2, be16(parameters.udp_port));
    entry.header_length = static_cast<std::uint8_t>(udp + 8 - ethernet);
    const int room = entry.path_mtu - (entry.header_length - ethernet_length) - vxlan_length;
    if (room > ethernet_length) entry.largest_frame = static_cast<std::uint16_t>(room);
    return entry;
}

vtep_entry make_unreachable_vtep_entry(const ip_address& remote) {
    vtep_entry entry;
    entry.address = remote;
    entry.ipv6 = remote.is_v6();
    return entry;
}

}  // namespace waggle
