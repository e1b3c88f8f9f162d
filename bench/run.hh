#pragma once

#include <cstddef>
#include <string>

namespace waggle::bench {

/// How much time goes into a group.
struct effort {
    double slice_seconds = 0.001;
    unsigned most_slices = 401;
    unsigned fewest_slices = 3;
    /// Beyond it a contender gets no more than the fewest slices.
    double contender_seconds = 1.5;
};

/// Registers the contenders whose names match the POSIX extended expression `filter`; returns how many.
std::size_t hand_to_google_benchmark(const std::string& filter, const effort& spend);

}  // namespace waggle::bench
