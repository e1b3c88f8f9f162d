#include "dataplane/port/packet_pools.hh"

#include <algorithm>
#include <string>

#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "dataplane/packet/packet_offload.hh"
#include "dataplane/port/system_error.hh"

namespace waggle {
namespace {

static_assert(RTE_PKTMBUF_HEADROOM == 128);

constexpr unsigned megabyte = 1U << 20;
/// A burst being read plus one being written, per worker.
constexpr unsigned large_buffers_per_worker = 160;

rte_mempool* make_pool(const char* name, unsigned count, unsigned cache, unsigned data_room, bool hugepages) {
    const unsigned element = static_cast<unsigned>(sizeof(rte_mbuf)) + mbuf_private_size + data_room;
    rte_mempool* pool =
        rte_mempool_create_empty(name, count, element, cache, sizeof(rte_pktmbuf_pool_private), SOCKET_ID_ANY,
                                 hugepages ? 0 : RTE_MEMPOOL_F_NO_IOVA_CONTIG);
    if (pool == nullptr) return nullptr;
    rte_pktmbuf_pool_private mbuf_layout{};
    mbuf_layout.mbuf_data_room_size = static_cast<std::uint16_t>(data_room);
    mbuf_layout.mbuf_priv_size = mbuf_private_size;
    rte_pktmbuf_pool_init(pool, &mbuf_layout);
    if (rte_mempool_set_ops_byname(pool, "ring_mp_mc", nullptr) != 0 ||
        rte_mempool_populate_default(pool) < 0) {
        rte_mempool_free(pool);
        return nullptr;
    }
    rte_mempool_obj_iter(pool, rte_pktmbuf_init, nullptr);
    return pool;
}

/// What an object costs with its header, rounded as the mempool does.
std::uint64_t cost_of(unsigned data_room) {
    return RTE_ALIGN_CEIL(sizeof(rte_mbuf) + mbuf_private_size + data_room + sizeof(rte_mempool_objhdr),
                          192UL);
}

}  // namespace

result<packet_pools> make_packet_pools(const packet_pool_options& options) {
    const unsigned frame = std::max(options.underlay_mtu + 22U, 2048U);
    const unsigned small_room =
        std::min<unsigned>(RTE_ALIGN_CEIL(frame, 64U) + RTE_PKTMBUF_HEADROOM, UINT16_MAX);
    const unsigned large_count = 64 + large_buffers_per_worker * options.workers;
    // EAL, rings and device queues need some of the memory as well.
    const std::uint64_t reserved = std::uint64_t{16} * megabyte + large_count * cost_of(UINT16_MAX);
    const std::uint64_t memory = std::uint64_t{options.memory_megabytes} * megabyte;
    const std::uint64_t wanted = std::uint64_t{1024} * (1 + options.workers);
    const std::uint64_t count = memory > reserved ? (memory - reserved) * 9 / 10 / cost_of(small_room) : 0;
    if (count < wanted)
        return error{"node.memory: " + std::to_string(options.memory_megabytes) + " MB is too little for " +
                     std::to_string(options.workers) + " workers and an MTU of " +
                     std::to_string(options.underlay_mtu) + "; " +
                     std::to_string((reserved + wanted * cost_of(small_room) * 10 / 9) / megabyte + 1) +
                     " MB is the least"};
    packet_pools pools;
    pools.large = make_pool("waggle_large", large_count, 32, UINT16_MAX, options.hugepages);
    if (pools.large != nullptr)
        pools.packet =
            make_pool("waggle_packet", static_cast<unsigned>(std::min<std::uint64_t>(count, 1U << 20)), 256,
                      small_room, options.hugepages);
    if (pools.packet == nullptr) {
        error failure = system_error("cannot reserve " + std::to_string(options.memory_megabytes) +
                                         " MB of packet memory (node.memory)",
                                     rte_errno);
        free_packet_pools(pools);
        return failure;
    }
    return pools;
}

void free_packet_pools(packet_pools& pools) {
    rte_mempool_free(pools.packet);
    rte_mempool_free(pools.large);
    pools = {};
}

}  // namespace waggle
