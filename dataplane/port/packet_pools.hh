#pragma once

#include <cstdint>

#include "common/result.hh"

struct rte_mbuf;
struct rte_mempool;

namespace waggle {

/// Where packets live. Both kinds have a private area of mbuf_private_size bytes and RTE_PKTMBUF_HEADROOM
/// bytes of headroom; all packets are linear.
struct packet_pools {
    /// Frames up to the underlay's MTU.
    rte_mempool* packet = nullptr;
    /// Frames that the kernel has not cut yet, up to 65,407 bytes.
    rte_mempool* large = nullptr;
};

/// Longest frame that a buffer of the large pool holds.
inline constexpr unsigned large_frame_capacity = 65535 - 128;

struct packet_pool_options {
    /// For both pools together.
    unsigned memory_megabytes = 256;
    /// Largest MTU of the underlay ports, bytes: what a buffer of the packet pool must hold.
    unsigned underlay_mtu = 1500;
    unsigned workers = 1;
    /// Without hugepages objects may cross page boundaries; else small pages waste a third of the memory.
    bool hugepages = true;
};

/// Creates both pools in EAL memory. One pair a process.
result<packet_pools> make_packet_pools(const packet_pool_options& options);
void free_packet_pools(packet_pools& pools);

}  // namespace waggle
