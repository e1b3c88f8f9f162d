#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace waggle {

/// Why a packet was not forwarded. Every dropped packet increments exactly one of these, per worker and
/// overlay (overlay slot 0 before the overlay is known).
enum class drop_reason : std::uint8_t {
    // encapsulate: a frame from an access port
    runt_frame,
    invalid_source_mac,
    inner_vlan,
    bad_offload,
    too_many_segments,
    broadcast,
    multicast,
    unknown_destination,
    neighbour_unknown,
    neighbour_local,
    neighbour_invalid,
    hairpin,
    vtep_unreachable,
    oversize,
    oversize_unanswered,
    no_association,
    sequence_exhausted,
    no_tailroom,
    // decapsulate: a packet from the underlay
    outer_malformed,
    outer_checksum,
    outer_fragment,
    not_for_us,
    not_vxlan,
    keepalive,
    non_esp_marker,
    esp_truncated,
    reserved_spi,
    unknown_spi,
    esp_misaligned,
    replayed,
    replay_too_old,
    authentication_failed,
    esp_dummy,
    esp_trailer,
    esp_padding,
    esp_next_header,
    sealed_not_vxlan,
    vxlan_truncated,
    vxlan_flags,
    unknown_vni,
    cleartext,
    sealed_for_plain,
    wrong_association,
    unknown_vtep,
    inner_runt,
    inner_tagged,
    inner_invalid_source_mac,
    not_local,
    received_broadcast,
    received_multicast,
    received_unknown,
    ecn_congested,
    // either direction
    no_buffer,
    port_full,
    handover_full,
    port_gone,
    send_refused,
    frame_too_long,
    count_
};

inline constexpr std::size_t drop_reason_count = static_cast<std::size_t>(drop_reason::count_);

struct drop_reason_text {
    std::string_view name;
    std::string_view description;
};

/// Indexed by drop_reason; names are what `waggle counters` and telemetry show.
inline constexpr std::array<drop_reason_text, drop_reason_count> drop_reason_texts{{
    {"runt_frame", "frame from a container shorter than an Ethernet header"},
    {"invalid_source_mac", "frame from a container with a multicast or zero source address"},
    {"inner_vlan", "frame from a container with a VLAN tag (RFC 7348 section 6.1)"},
    {"bad_offload", "checksum or segmentation request that does not fit the frame"},
    {"too_many_segments", "frame that would have to be cut into more than 512 packets"},
    {"broadcast", "broadcast on an overlay that does not flood"},
    {"multicast", "multicast on an overlay that does not flood"},
    {"unknown_destination", "destination MAC that nobody announced"},
    {"neighbour_unknown", "ARP or neighbour solicitation for an address that nobody announced"},
    {"neighbour_local",
     "ARP or neighbour solicitation that a local endpoint answers itself, or an announcement"},
    {"neighbour_invalid", "malformed ARP or neighbour discovery message"},
    {"hairpin", "frame for an endpoint on the port that it came from"},
    {"vtep_unreachable", "destination VTEP without a usable next hop"},
    {"oversize", "frame above the MTU, answered with ICMP"},
    {"oversize_unanswered", "frame above the MTU that must not or could not be answered"},
    {"no_association", "encrypted overlay without an active security association to the VTEP"},
    {"sequence_exhausted", "security association without a sequence number left"},
    {"no_tailroom", "no room for ESP's trailer behind the frame"},
    {"outer_malformed", "outer IP or UDP header cut short or inconsistent"},
    {"outer_checksum", "outer IPv4 header checksum wrong"},
    {"outer_fragment", "fragment of an outer packet"},
    {"not_for_us", "outer destination is not an address of this host"},
    {"not_vxlan", "underlay packet that is not VXLAN, with no kernel to take it"},
    {"keepalive", "keepalive of ESP in UDP (RFC 3948 section 2.3), which has no other purpose"},
    {"non_esp_marker", "IKE on the port of ESP in UDP (RFC 3948 section 2.2), with no kernel to take it"},
    {"esp_truncated", "ESP packet too short for header, trailer and integrity check value"},
    {"reserved_spi", "ESP packet with a reserved SPI, 0 to 255 (RFC 4303 section 2.1)"},
    {"unknown_spi", "ESP packet with an SPI and source of no security association"},
    {"esp_misaligned", "ESP packet whose encrypted part is no multiple of 4 bytes"},
    {"replayed", "ESP packet with a sequence number that was accepted before"},
    {"replay_too_old", "ESP packet with a sequence number below the replay window"},
    {"authentication_failed",
     "ESP packet with a wrong integrity check value: corrupted, forged or another key"},
    {"esp_dummy", "ESP dummy packet (RFC 4303 section 2.6), which has no other purpose"},
    {"esp_trailer", "ESP packet with more padding than packet"},
    {"esp_padding", "ESP packet with padding that is not 1, 2, 3 (RFC 4303 section 2.4)"},
    {"esp_next_header", "ESP packet with something else than UDP inside"},
    {"sealed_not_vxlan", "ESP packet with something else than VXLAN inside"},
    {"vxlan_truncated", "UDP payload shorter than a VXLAN header"},
    {"vxlan_flags", "VXLAN header without the I flag (RFC 7348 section 5)"},
    {"unknown_vni", "VNI of no overlay on this host"},
    {"cleartext", "unsealed VXLAN packet for an encrypted overlay"},
    {"sealed_for_plain", "sealed packet for an overlay that is not encrypted"},
    {"wrong_association", "packet sealed with a security association of another overlay"},
    {"unknown_vtep", "sender is not a VTEP of the overlay"},
    {"inner_runt", "tunnelled frame shorter than an Ethernet header"},
    {"inner_tagged", "tunnelled frame with a VLAN tag (RFC 7348 section 6.1)"},
    {"inner_invalid_source_mac", "tunnelled frame with a multicast or zero source address"},
    {"not_local", "tunnelled frame for an endpoint of another host"},
    {"received_broadcast", "tunnelled broadcast on an overlay that does not flood"},
    {"received_multicast", "tunnelled multicast on an overlay that does not flood"},
    {"received_unknown", "tunnelled frame for a MAC that nobody announced"},
    {"ecn_congested", "congestion marked outside, not ECN-capable inside (RFC 6040 section 4.2)"},
    {"no_buffer", "packet memory exhausted"},
    {"port_full", "transmit queue full"},
    {"handover_full", "queue to the worker that opens packets of the security association full"},
    {"port_gone", "port without a peer"},
    {"send_refused", "frame that the kernel refused to send, likely longer than the link's MTU"},
    {"frame_too_long", "frame longer than a packet buffer, cut short by the kernel"},
}};

static_assert(!drop_reason_texts.back().name.empty());

constexpr std::string_view name_of(drop_reason reason) {
    return drop_reason_texts[static_cast<std::size_t>(reason)].name;
}

}  // namespace waggle
