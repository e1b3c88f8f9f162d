#pragma once

#include "dataplane/packet/esp.hh"
#include "dataplane/packet/vxlan.hh"
#include "dataplane/packet/words.hh"
#include "dataplane/pipeline/to_kernel.hh"
#include "dataplane/pipeline/tunnel_burst.hh"

namespace waggle {

/// Sets the facts of a VXLAN packet. `payload`: of UDP, from the start of the packet.
inline void accept(tunnel_burst& b, unsigned i, std::uint8_t* data, std::size_t payload, std::size_t length,
                   std::uint8_t tos) {
    b.frames[i] = data + payload + sizeof(vxlan_header);
    b.lengths[i] = static_cast<std::uint16_t>(length - sizeof(vxlan_header));
    b.outer_lengths[i] = static_cast<std::uint8_t>(payload);
    if ((tos & 1) != 0) [[unlikely]] {
        b.marked |= bit_of(i);
        b.outer_tos[i] = tos;
    }
}

/// Sets the facts of an ESP packet with at least its header. `header`: where that is, from the start of the
/// packet.
inline void accept_sealed(tunnel_burst& b, unsigned i, std::uint8_t* data, std::size_t header,
                          std::size_t length, std::uint32_t tos) {
    b.frames[i] = data + header;
    b.lengths[i] = static_cast<std::uint16_t>(length);
    b.outer_lengths[i] = static_cast<std::uint8_t>(header);
    b.outer_tos[i] = static_cast<std::uint8_t>(tos);
    b.sealed |= bit_of(i);
    if ((tos & 1) != 0) [[unlikely]]
        b.marked |= bit_of(i);
}

/// An ESP packet of any length.
inline void accept_esp(worker_context& context, tunnel_burst& b, unsigned i, std::uint8_t* data,
                       std::size_t header, std::size_t length, std::uint32_t tos) {
    if (length < sizeof(esp_header))
        return b.drop(i, drop_reason::esp_truncated, *context.no_overlay_counters);
    accept_sealed(b, i, data, header, length, tos);
}

/// The payload of a UDP datagram for our VXLAN port: VXLAN, or too short for it.
inline void accept_datagram(worker_context& context, tunnel_burst& b, unsigned i, std::uint8_t* data,
                            std::size_t payload, std::size_t length, std::uint8_t tos) {
    if (length < sizeof(vxlan_header))
        return b.drop(i, drop_reason::vxlan_truncated, *context.no_overlay_counters);
    accept(b, i, data, payload, length, tos);
}

/// What comes to the port of ESP in UDP (RFC 3948 section 2).
inline void accept_esp_datagram(worker_context& context, tunnel_burst& b, unsigned i, std::uint8_t* data,
                                std::size_t payload, std::size_t length, std::uint8_t tos) {
    if (length == 1 && data[payload] == 0xff)
        return b.drop(i, drop_reason::keepalive, *context.no_overlay_counters);
    if (length >= sizeof(be32) && load_word<std::uint32_t>(data + payload) == 0)
        return to_kernel_or_drop(context, b, i, drop_reason::non_esp_marker);
    accept_esp(context, b, i, data, payload, length, tos);
}

}  // namespace waggle
