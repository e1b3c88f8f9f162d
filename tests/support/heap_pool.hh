#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

struct rte_mbuf;
struct rte_mempool;

namespace waggle::test {

/// A packet pool that takes every mbuf and every buffer from the heap: it needs no EAL, AddressSanitizer sees
/// each overrun, and a mbuf that was not freed is counted. For tests and fuzzers; not for several threads.
class heap_pool {
public:
    /// At most `limit` mbufs at a time, each with `headroom` bytes in front and `room` bytes of data.
    explicit heap_pool(std::size_t limit = 4096, std::uint16_t room = 2048, std::uint16_t headroom = 128);
    ~heap_pool();
    heap_pool(const heap_pool&) = delete;
    heap_pool& operator=(const heap_pool&) = delete;

    rte_mempool* pool() const;
    /// A packet of this content with exactly `headroom` bytes in front and `tailroom` behind; never null.
    rte_mbuf* packet(std::span<const std::uint8_t> content, std::uint16_t headroom = 128,
                     std::uint16_t tailroom = 0);
    /// Mbufs that were given out and not freed.
    std::size_t in_use() const;
    /// Changes how many mbufs there are; 0: every allocation fails.
    void set_limit(std::size_t limit);

private:
    struct state;
    std::unique_ptr<state> _state;
};

}  // namespace waggle::test
