#pragma once

#include <cstdint>

#include "common/byte_order.hh"
#include "common/mac_address.hh"

namespace waggle {

/// ARP for IPv4 over Ethernet, RFC 826.
struct [[gnu::may_alias]] arp_header {
    be16 hardware_type;
    be16 protocol_type;
    std::uint8_t hardware_length;
    std::uint8_t protocol_length;
    be16 operation;
    mac_address sender_mac;
    be32 sender_ip;
    mac_address target_mac;
    be32 target_ip;
};
static_assert(sizeof(arp_header) == 28 && alignof(arp_header) == 1);

inline constexpr std::uint16_t arp_hardware_ethernet = 1;
inline constexpr std::uint16_t arp_operation_request = 1;
inline constexpr std::uint16_t arp_operation_reply = 2;

}  // namespace waggle
