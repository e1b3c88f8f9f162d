#pragma once

#include <cstddef>
#include <cstdint>

#include "common/ip_address.hh"
#include "common/mac_address.hh"
#include "dataplane/packet/inner_frame.hh"

namespace waggle {

/// What an IPv6 frame means to neighbour discovery. `probe`: a solicitation from :: (duplicate address
/// detection, RFC 4862 section 5.4).
enum class neighbour_kind : std::uint8_t {
    none,
    malformed,
    solicitation,
    probe,
    advertisement,
    router_solicitation,
    router_advertisement,
    redirect,
    multicast_listener,
};

struct neighbour_request {
    neighbour_kind kind = neighbour_kind::none;
    /// Asked by a unicast frame: the sender checks a neighbour that it knows.
    bool unicast = false;
    /// The asker's MAC: its source link-layer option, else the frame's source.
    mac_address sender_mac;
    ip_address sender;
    /// Solicitation, probe and advertisement only.
    ip_address target;
};

/// Reads a frame that parse_inner_frame() called ipv6. `none` is any traffic but neighbour discovery and
/// multicast listener messages. Solicitations are checked by RFC 4861 section 7.1.1; `checksum_pending`: the
/// checksum field is only partial (packet_offload) and not looked at.
neighbour_request classify_neighbour(const std::uint8_t* frame, const inner_frame& parsed,
                                     bool checksum_pending);

/// Bytes a neighbour advertisement with its option takes.
inline constexpr std::size_t neighbour_advertisement_length = 14 + 40 + 24 + 8;

/// Writes the advertisement that answers `request` (a solicitation or probe): "the target's MAC is `answer`".
/// The buffer holds neighbour_advertisement_length bytes and may be that of the request. Override is set;
/// a probe is answered to all nodes without the solicited flag (RFC 4861 section 7.2.4).
void build_neighbour_advertisement(std::uint8_t* frame, const neighbour_request& request,
                                   const mac_address& answer);

}  // namespace waggle
