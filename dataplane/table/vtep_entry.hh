#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "common/ip_address.hh"
#include "common/mac_address.hh"
#include "dataplane/table/forwarding_entry.hh"

namespace waggle {

/// What makes an outer header; addresses of one family.
struct vtep_parameters {
    ip_address remote;
    ip_address source;
    mac_address source_mac;
    mac_address destination_mac;
    std::uint16_t udp_port = 0;
    std::uint16_t path_mtu = 0;
    port_index port = 0;
};

/// The way to one VTEP: the outer header as a template. Immutable once published. An IPv4 template fits the
/// first cache line.
struct alignas(64) vtep_entry {
    /// Underlay port.
    port_index port = 0;
    /// Largest outer IP packet, bytes.
    std::uint16_t path_mtu = 0;
    /// Ethernet, IP and UDP: 42 (IPv4) or 62 (IPv6). The VXLAN header follows.
    std::uint8_t header_length = 0;
    /// False: no next hop known, nothing can be sent.
    bool reachable = false;
    bool ipv6 = false;
    std::uint8_t unused = 0;
    /// IPv4: folded-later sum of the header's 16-bit words (memory order) without total length, TOS and
    /// checksum. IPv6: the same over the UDP pseudo header without the length, plus the destination port.
    std::uint32_t checksum_base = 0;
    /// Largest inner frame, Ethernet header included, that path_mtu leaves room for; 0 if nothing can be
    /// sent.
    std::uint16_t largest_frame = 0;
    /// Its own number; set when it is published.
    vtep_index index = 0;
    /// TOS, lengths, IPv4 checksum, source port and UDP checksum are zero; DF clear, TTL 64.
    std::array<std::uint8_t, 64> header{};
    ip_address address;
    std::array<std::uint8_t, 32> unused3{};
};

static_assert(sizeof(vtep_entry) == 128 && offsetof(vtep_entry, header) == 16);

/// The entry of a VTEP with a next hop.
vtep_entry make_vtep_entry(const vtep_parameters& parameters);
/// The entry of a VTEP that has none now.
vtep_entry make_unreachable_vtep_entry(const ip_address& remote);

}  // namespace waggle
