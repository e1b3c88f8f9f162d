#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/packet/inner_frame.hh"

namespace waggle {

/// A frame within its buffer, as in an mbuf: `offset` bytes of headroom, then `length` bytes of frame.
struct frame_window {
    std::uint8_t* buffer = nullptr;
    std::size_t capacity = 0;
    std::size_t offset = 0;
    std::size_t length = 0;

    std::uint8_t* frame() const { return buffer + offset; }
};

/// Turns a frame whose IP packet is above `mtu` (largest IP packet of the overlay, bytes) into the ICMP
/// "fragmentation needed" (RFC 1191) or ICMPv6 "packet too big" (RFC 8201) that tells its sender so, from
/// the destination's addresses: nobody else on the overlay could be the source, and the kernel's tunnels do
/// the same. The frame is then the answer, to go out where it came from, without any packet_offload;
/// `window` says where it lies.
///
/// False, and the frame unchanged, if no answer may be sent (not IP, an ICMP error, a group or unspecified
/// address, a later fragment, an IPv6 MTU below 1,280) or there is no room for one.
bool answer_oversize(frame_window& window, const inner_frame& parsed, std::uint16_t mtu);

}  // namespace waggle
