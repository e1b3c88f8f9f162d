#pragma once

#include "dataplane/packet/esp_outer.hh"
#include "dataplane/packet/udp.hh"
#include "dataplane/packet/vxlan.hh"
#include "dataplane/pipeline/tunnel_burst.hh"

/// What open() does with packets that are authentic.
namespace waggle {

inline constexpr protection docker_protection = protection::of(protection_kind::docker, no_overlay);

/// What an opened packet has to hold (RFC 7348 section 5).
inline bool holds_vxlan(const worker_context& context, const std::uint8_t* payload, std::size_t length) {
    const auto& udp = header_at<udp_header>(payload);
    return length >= sealed_headers && udp.length.host() >= sealed_headers && udp.length.host() <= length &&
           udp.destination_port == context.udp_port;
}

/// From the facts of the ESP header to those of the frame.
inline void accept_opened(tunnel_burst& b, unsigned i, std::uint8_t* payload) {
    const auto& udp = header_at<udp_header>(payload);
    b.frames[i] = payload + sealed_headers;
    b.lengths[i] = static_cast<std::uint16_t>(udp.length.host() - sealed_headers);
    b.outer_lengths[i] =
        static_cast<std::uint8_t>(b.outer_lengths[i] + sizeof(esp_header) + sizeof(udp_header));
}

/// The worker that is to go on with an opened packet of a docker association. What the waggle profile sends
/// is spread by the NIC.
inline std::uint32_t worker_for_opened(worker_context& context, const std::uint8_t* payload,
                                       std::uint64_t now) {
    return context.spreader.worker_for(header_at<udp_header>(payload).source_port.host(), now);
}

}  // namespace waggle
