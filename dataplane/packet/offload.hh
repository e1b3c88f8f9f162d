#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/packet/inner_frame.hh"
#include "dataplane/packet/packet_offload.hh"

namespace waggle {

/// True if the fields fit a frame of `length` bytes, whatever it carries: the frame may still be tunnelled.
bool offload_in_bounds(const packet_offload& offload, std::size_t length);

/// True if the request fits the frame that `parsed` describes: in bounds, and to cut a frame it must be an
/// unfragmented TCP or UDP packet of the right IP version whose checksum field the request names.
bool offload_fits(const packet_offload& offload, const std::uint8_t* frame, std::size_t length,
                  const inner_frame& parsed);

/// Completes a partial checksum: the field holds the pseudo header's sum, not complemented (virtio 1.2
/// section 5.1.6.2). Precondition: offload_in_bounds(). Clears partial_checksum.
void complete_checksum(packet_offload& offload, std::uint8_t* frame, std::size_t length);

}  // namespace waggle
