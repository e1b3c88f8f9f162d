#pragma once

#include <cstdint>

#include "dataplane/segment/cut_plan.hh"

struct rte_mbuf;
struct rte_mempool;

namespace waggle {

enum class cut_verdict : std::uint8_t {
    ok,
    /// The offload does not fit the frame, or the frame is not linear.
    bad_offload,
    /// More pieces than longest_cut.
    too_many,
    /// A piece is longer than a buffer of the pool.
    too_long,
    /// The pool is exhausted; pieces given out before stay good.
    no_buffer,
};

/// One frame, of which a container chooses the segment size, must not keep a worker busy for long. A frame of
/// 64 kB is cut to segments of 128 bytes at most; TCP's default is 536 (RFC 9293 section 3.7.1).
inline constexpr std::uint32_t longest_cut = 512;

/// Cuts one GSO frame into packets, burst by burst:
///
///     cut_cursor cursor;
///     cut_verdict verdict = cursor.begin(frame);
///     while (verdict == cut_verdict::ok && !cursor.done()) {
///         verdict = cursor.next(pool, pieces, capacity, count);
///         ... `count` pieces, the caller's from now on
///     }
///     rte_pktmbuf_free(frame);
///
/// The frame stays the caller's and must outlive the cursor.
class cut_cursor {
public:
    /// ok, bad_offload or too_many.
    cut_verdict begin(const rte_mbuf* frame);

    const cut_plan& plan() const { return _plan; }
    std::uint32_t remaining() const { return _plan.pieces() - _next; }
    bool done() const { return remaining() == 0; }

    /// Writes up to `capacity` pieces into fresh mbufs of `pool` and says in `count` how many. Each is one
    /// segment with the pool's default headroom, no offload left to do and the frame's port number.
    /// `count` is 0 if the verdict is not ok; no_buffer may be tried again.
    cut_verdict next(rte_mempool* pool, rte_mbuf** pieces, unsigned capacity, unsigned& count);

private:
    const rte_mbuf* _frame = nullptr;
    cut_plan _plan;
    std::uint32_t _next = 0;
};

}  // namespace waggle
