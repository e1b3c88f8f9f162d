#include "tests/support/heap_pool.hh"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <new>

#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "dataplane/packet/packet_offload.hh"

namespace waggle::test {
namespace {

constexpr const char* operations_name = "waggle_heap";

}  // namespace

struct heap_pool::state {
    rte_mempool* pool = nullptr;
    std::size_t limit = 0;
    std::size_t in_use = 0;
    std::uint16_t room = 0;
    std::uint16_t headroom = 0;

    /// In front of each mbuf: its own buffer, also while it lies in another's.
    struct alignas(64) origin {
        void* buffer;
    };
    static origin& origin_of(rte_mbuf* packet) { return reinterpret_cast<origin*>(packet)[-1]; }

    rte_mbuf* make(std::uint16_t head, std::uint16_t data) {
        const std::size_t header = sizeof(origin) + sizeof(rte_mbuf) + mbuf_private_size;
        auto* place = static_cast<origin*>(std::aligned_alloc(64, (header + 63) / 64 * 64));
        if (place == nullptr) throw std::bad_alloc();
        std::memset(static_cast<void*>(place), 0, header);
        auto* packet = reinterpret_cast<rte_mbuf*>(place + 1);
        const std::size_t size = std::size_t{head} + data;
        packet->buf_addr = std::malloc(size);
        if (packet->buf_addr == nullptr) throw std::bad_alloc();
        place->buffer = packet->buf_addr;
        // Contents that no test can take for a proper header.
        std::memset(packet->buf_addr, 0xa5, size);
        packet->buf_len = static_cast<std::uint16_t>(size);
        packet->data_off = head;
        packet->priv_size = mbuf_private_size;
        packet->pool = pool;
        packet->nb_segs = 1;
        packet->refcnt = 1;
        packet->port = RTE_MBUF_PORT_INVALID;
        ++in_use;
        return packet;
    }

    static state& of(const rte_mempool* pool) { return *static_cast<state*>(pool->pool_config); }

    static int allocate(rte_mempool*) { return 0; }
    static void release(rte_mempool*) {}
    static unsigned available(const rte_mempool* pool) {
        return static_cast<unsigned>(of(pool).limit - of(pool).in_use);
    }
    static int dequeue(rte_mempool* pool, void** objects, unsigned count) {
        state& self = of(pool);
        if (self.in_use + count > self.limit) return -ENOBUFS;
        for (unsigned i = 0; i < count; ++i) objects[i] = self.make(self.headroom, self.room);
        return 0;
    }
    static int enqueue(rte_mempool* pool, void* const* objects, unsigned count) {
        for (unsigned i = 0; i < count; ++i) {
            origin& place = origin_of(static_cast<rte_mbuf*>(objects[i]));
            std::free(place.buffer);
            std::free(&place);
            --of(pool).in_use;
        }
        return 0;
    }

    static int operations_index() {
        static const int index = [] {
            rte_mempool_ops operations{};
            std::strncpy(operations.name, operations_name, sizeof operations.name - 1);
            operations.alloc = allocate;
            operations.free = release;
            operations.enqueue = enqueue;
            operations.dequeue = dequeue;
            operations.get_count = available;
            return rte_mempool_register_ops(&operations);
        }();
        return index;
    }
};

heap_pool::heap_pool(std::size_t limit, std::uint16_t room, std::uint16_t headroom)
    : _state(std::make_unique<state>()) {
    const std::size_t size = sizeof(rte_mempool) + sizeof(rte_pktmbuf_pool_private);
    auto* pool = static_cast<rte_mempool*>(std::aligned_alloc(64, (size + 63) / 64 * 64));
    if (pool == nullptr) throw std::bad_alloc();
    std::memset(static_cast<void*>(pool), 0, size);
    std::strncpy(pool->name, operations_name, sizeof pool->name - 1);
    pool->pool_config = _state.get();
    pool->ops_index = state::operations_index();
    pool->elt_size = static_cast<std::uint32_t>(sizeof(rte_mbuf) + mbuf_private_size + headroom + room);
    pool->private_data_size = sizeof(rte_pktmbuf_pool_private);
    auto* data = static_cast<rte_pktmbuf_pool_private*>(rte_mempool_get_priv(pool));
    data->mbuf_data_room_size = static_cast<std::uint16_t>(headroom + room);
    data->mbuf_priv_size = mbuf_private_size;
    _state->pool = pool;
    _state->limit = limit;
    _state->room = room;
    _state->headroom = headroom;
}

heap_pool::~heap_pool() {
    std::free(_state->pool);
}

rte_mempool* heap_pool::pool() const {
    return _state->pool;
}

rte_mbuf* heap_pool::packet(std::span<const std::uint8_t> content, std::uint16_t headroom,
                            std::uint16_t tailroom) {
    rte_mbuf* packet = _state->make(headroom, static_cast<std::uint16_t>(content.size() + tailroom));
    if (!content.empty()) std::memcpy(rte_pktmbuf_mtod(packet, void*), content.data(), content.size());
    packet->data_len = static_cast<std::uint16_t>(content.size());
    packet->pkt_len = static_cast<std::uint32_t>(content.size());
    return packet;
}

std::size_t heap_pool::in_use() const {
    return _state->in_use;
}

void heap_pool::set_limit(std::size_t limit) {
    _state->limit = limit;
}

}  // namespace waggle::test
