#pragma once

#include <array>
#include <cstdint>

#include "common/byte_order.hh"
#include "common/mac_address.hh"
#include "dataplane/packet/icmp.hh"

namespace waggle {

/// Neighbour solicitation and advertisement have one shape, RFC 4861 sections 4.3 and 4.4; options follow.
struct [[gnu::may_alias]] neighbour_message {
    icmp_header base;
    /// Solicitation: reserved. Advertisement: the flags below.
    be32 flags;
    std::array<std::uint8_t, 16> target;
};
static_assert(sizeof(neighbour_message) == 24 && alignof(neighbour_message) == 1);

/// Source or target link-layer address option for Ethernet, RFC 4861 section 4.6.1.
struct [[gnu::may_alias]] link_layer_option {
    std::uint8_t type;
    /// In units of 8 bytes.
    std::uint8_t length;
    mac_address address;
};
static_assert(sizeof(link_layer_option) == 8 && alignof(link_layer_option) == 1);

inline constexpr std::uint8_t option_source_link_layer = 1;
inline constexpr std::uint8_t option_target_link_layer = 2;

/// Flags of an advertisement, host byte order.
inline constexpr std::uint32_t advertisement_router = 0x8000'0000;
inline constexpr std::uint32_t advertisement_solicited = 0x4000'0000;
inline constexpr std::uint32_t advertisement_override = 0x2000'0000;

}  // namespace waggle
