#pragma once

#include <array>
#include <cstdint>

#include <sys/uio.h>

#include "dataplane/packet/ethernet.hh"
#include "dataplane/packet/ipv6.hh"
#include "dataplane/packet/udp.hh"
#include "dataplane/packet/virtio_net_header.hh"

struct rte_mbuf;

namespace waggle {

/// Frames that stand side by side in a burst and are UDP datagrams of one flow, equally long but for a
/// shorter last one: the kernel takes them in one piece and cuts them again, as late as the NIC allows (UDP
/// segmentation offload, virtio 1.2 section 5.1.6; Linux 6.2). What arrives is the same, but for UDP
/// checksums that were left out: they are filled in.
struct datagram_run {
    /// At least 1; a single frame is no run and goes as it is.
    unsigned frames = 1;
    /// Ethernet, IP and UDP, which the piece has once; 0 for a single frame.
    std::uint16_t header_length = 0;
    /// UDP payload of all but the last, bytes.
    std::uint16_t payload = 0;
    /// Of the piece, Ethernet header included, bytes.
    std::uint32_t length = 0;
};

/// The kernel cuts no more from one piece (UDP_MAX_SEGMENTS of older ones).
inline constexpr unsigned longest_datagram_run = 64;
/// Longest piece, Ethernet header included: what another host's receive buffer holds.
inline constexpr std::uint32_t longest_datagram_piece = 65'400;

/// The run that the first of `count` (at least 1) frames begins. Frames above `largest_frame` bytes are no
/// part of one: nobody would check their length again.
datagram_run find_datagram_run(rte_mbuf* const* frames, unsigned count, unsigned largest_frame);

/// Headers of the piece that a run becomes.
struct datagram_run_headers {
    virtio_net_header virtio;
    std::array<std::uint8_t, sizeof(ethernet_header) + sizeof(ipv6_header) + sizeof(udp_header)> outer;
};

/// Writes the headers and describes the piece: headers, then the payload of each frame. Takes
/// 2 + run.frames places in `parts` and returns how many. Frames are not changed.
unsigned describe_datagram_run(const datagram_run& run, rte_mbuf* const* frames,
                               datagram_run_headers& headers, iovec* parts);

}  // namespace waggle
