#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/result.hh"

struct rte_mbuf;

namespace waggle {

/// What a port counts of itself, summed over its queues.
struct port_statistics {
    std::uint64_t received_packets = 0;
    std::uint64_t received_bytes = 0;
    std::uint64_t sent_packets = 0;
    std::uint64_t sent_bytes = 0;
    /// Of the sent packets, those that the kernel took several in one piece (UDP segmentation offload).
    std::uint64_t joined_packets = 0;
    /// Frames the kernel or device cut or lost before we saw them.
    std::uint64_t receive_errors = 0;
    /// Frames that the kernel or device refused.
    std::uint64_t send_errors = 0;
};

/// What a receive burst brought.
struct received {
    /// Frames written to the caller's array, now the caller's.
    unsigned count = 0;
    /// Frames longer than a packet buffer, lost: the caller counts them as drop_reason::frame_too_long.
    unsigned too_long = 0;
};

/// What became of a transmit burst.
struct transmitted {
    /// The first `taken` packets are no longer the caller's; the rest (queue full, peer gone) still are.
    unsigned taken = 0;
    /// Of these, frames (of a chain, its segments) that the kernel refused: the caller counts them as
    /// drop_reason::send_refused.
    unsigned refused = 0;
};

/// A place where frames come in and go out, in bursts. receive(), transmit() and arm() are called by the
/// worker that owns the queue, everything else by the main lcore. One virtual call a burst.
///
/// Frames that still need work that a kernel-facing port asked for (partial checksum, segmentation) carry a
/// packet_offload (dataplane/packet/packet_offload.hh).
class port {
public:
    port() = default;
    port(const port&) = delete;
    port& operator=(const port&) = delete;
    virtual ~port() = default;

    virtual const std::string& name() const = 0;
    /// "tap", "packet" or "ethdev".
    virtual const char* kind() const = 0;
    virtual unsigned receive_queues() const = 0;
    /// May be fewer than workers: then one worker owns each and takes frames over from the others.
    virtual unsigned transmit_queues() const = 0;
    /// True if the port takes frames with a pending checksum or segmentation (packet_offload) as they are.
    virtual bool takes_offloads() const = 0;
    /// True if frames may be chains of mbufs, as merge_segments() makes them.
    virtual bool takes_chains() const { return false; }
    /// True while frames can pass (link up, peer connected). Any thread.
    virtual bool is_up() const = 0;
    /// Largest frame after the Ethernet header.
    virtual std::uint16_t mtu() const = 0;
    virtual port_statistics statistics() const = 0;
    /// Called about once a second: notices links that went and came back. True if an event descriptor was
    /// replaced and has to be registered again.
    virtual bool check() { return false; }
    /// What the operator should know, told once; asked after check().
    virtual std::optional<std::string> news() { return std::nullopt; }
    /// Changes mtu(), and the link's where it is ours to set.
    virtual result<void> set_mtu(std::uint16_t mtu) = 0;

    /// Up to `capacity` (at most 64) frames. Never blocks.
    virtual received receive(unsigned queue, rte_mbuf** packets, unsigned capacity) = 0;
    /// Never blocks. Frames with an offload only if takes_offloads().
    virtual transmitted transmit(unsigned queue, rte_mbuf** packets, unsigned count) = 0;
    /// A descriptor that is readable while the receive queue has frames (or was armed and got one), or -1:
    /// the worker must poll.
    virtual int event_descriptor(unsigned queue) const = 0;
    /// True if the descriptor tells of frames only between arm(true) and arm(false), and then once for each
    /// event (edge triggered, never to be read); such a queue must be polled while the worker is awake.
    virtual bool needs_arming() const { return false; }
    /// Arms or disarms the queue's event before and after waiting; false if it has frames already.
    virtual bool arm([[maybe_unused]] unsigned queue, [[maybe_unused]] bool enable) { return true; }
};

}  // namespace waggle
