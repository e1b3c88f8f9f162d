#pragma once

#include <cstdint>
#include <string>

struct rte_mbuf;

namespace waggle {

/// What a port counts of itself, summed over its queues. Drops on a port's own account (a full ring, a peer
/// that left) are the caller's: transmit() says how many it took.
struct port_statistics {
    std::uint64_t received_packets = 0;
    std::uint64_t received_bytes = 0;
    std::uint64_t sent_packets = 0;
    std::uint64_t sent_bytes = 0;
    /// Frames the kernel or device cut or lost before we saw them.
    std::uint64_t receive_errors = 0;
    std::uint64_t send_errors = 0;
};

/// A place where frames come in and go out, in bursts. receive() and transmit() are called by the worker
/// that owns the queue, everything else by the main lcore. One virtual call a burst.
///
/// Frames that still need work that a kernel-facing port asked for (partial checksum, segmentation) carry a
/// packet_offload (dataplane/packet/packet_offload.hh).
class port {
public:
    virtual ~port() = default;

    virtual const std::string& name() const = 0;
    /// "tap", "packet" or "ethdev".
    virtual const char* kind() const = 0;
    virtual unsigned queues() const = 0;
    /// True if the port takes frames with a pending checksum or segmentation (packet_offload) as they are.
    virtual bool takes_offloads() const = 0;
    /// True while frames can pass (link up, peer connected).
    virtual bool is_up() const = 0;
    /// Largest frame after the Ethernet header.
    virtual std::uint16_t mtu() const = 0;
    virtual port_statistics statistics() const = 0;

    /// Up to `capacity` (at most 64) frames; returns how many. Never blocks.
    virtual unsigned receive(unsigned queue, rte_mbuf** packets, unsigned capacity) = 0;
    /// Takes ownership of the first n returned packets; the rest stay the caller's. Never blocks.
    virtual unsigned transmit(unsigned queue, rte_mbuf** packets, unsigned count) = 0;
    /// A descriptor that becomes readable when the queue has frames, or -1: the worker must poll.
    virtual int event_descriptor(unsigned queue) const = 0;
    /// Arms (true) or disarms the queue's event before and after waiting; false if it has frames already.
    virtual bool arm(unsigned queue, bool enable) = 0;
};

}  // namespace waggle
