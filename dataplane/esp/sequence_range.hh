#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "dataplane/esp/security_association.hh"

namespace waggle::esp {

/// A run of sequence numbers that nobody else gets.
struct sequence_range {
    std::uint64_t first = 0;
    unsigned count = 0;
};

/// Takes up to `wanted` numbers, fewer at the end of the SA's life; none if there are fewer than `least`. Any
/// worker. A compare-and-swap where fetch_add would do but for the end: with 64-bit numbers, adding beyond it
/// would wrap.
inline sequence_range take_sequence(outbound_association& association, unsigned wanted, unsigned least = 1) {
    std::atomic<std::uint64_t>& last = association.moving.sequence;
    std::uint64_t given = last.load(std::memory_order_relaxed);
    for (;;) {
        const std::uint64_t count = std::min<std::uint64_t>(wanted, association.last_allowed - given);
        if (count < least) return {};
        if (last.compare_exchange_weak(given, given + count, std::memory_order_relaxed))
            return {given + 1, static_cast<unsigned>(count)};
    }
}

}  // namespace waggle::esp
