#pragma once

#include <cstddef>
#include <cstdint>

#include "common/byte_order.hh"
#include "common/mac_address.hh"

namespace waggle {

/// Ethernet II header without tags.
struct [[gnu::may_alias]] ethernet_header {
    mac_address destination;
    mac_address source;
    be16 type;
};
static_assert(sizeof(ethernet_header) == 14 && alignof(ethernet_header) == 1);

/// Where the IP or ARP header of an untagged frame starts.
inline constexpr std::size_t l3_offset = sizeof(ethernet_header);

/// EtherType values, host byte order.
namespace ethertype {
inline constexpr std::uint16_t ipv4 = 0x0800;
inline constexpr std::uint16_t arp = 0x0806;
inline constexpr std::uint16_t vlan = 0x8100;
inline constexpr std::uint16_t ipv6 = 0x86dd;
inline constexpr std::uint16_t service_vlan = 0x88a8;
}  // namespace ethertype

/// The wire struct T at `bytes`; the caller has checked that sizeof(T) bytes are there.
template <typename T>
T& header_at(std::uint8_t* bytes) {
    static_assert(alignof(T) == 1);
    return *reinterpret_cast<T*>(bytes);
}
template <typename T>
const T& header_at(const std::uint8_t* bytes) {
    static_assert(alignof(T) == 1);
    return *reinterpret_cast<const T*>(bytes);
}

}  // namespace waggle
