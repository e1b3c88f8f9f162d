#pragma once

#include <array>
#include <cstdint>

#include "dataplane/table/counters.hh"

namespace waggle {

/// overlay_counters at one moment, as plain numbers for reports; sums over workers or overlays.
struct counter_values {
    std::uint64_t encapsulated_packets = 0;
    std::uint64_t encapsulated_bytes = 0;
    std::uint64_t decapsulated_packets = 0;
    std::uint64_t decapsulated_bytes = 0;
    std::uint64_t local_packets = 0;
    std::uint64_t neighbours_answered = 0;
    std::uint64_t replicated_packets = 0;
    std::uint64_t to_kernel_packets = 0;
    /// Indexed by drop_reason.
    std::array<std::uint64_t, drop_reason_count> drops{};

    /// Adds what `from` shows now; its worker may be counting.
    counter_values& operator+=(const overlay_counters& from);
    friend bool operator==(const counter_values&, const counter_values&) = default;
};

}  // namespace waggle
