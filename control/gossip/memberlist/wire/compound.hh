#pragma once

#include <vector>

#include "common/result.hh"
#include "control/gossip/core/bytes.hh"

namespace waggle::gossip::wire {

/// Bytes of a compound message besides its parts, and per part.
inline constexpr std::size_t compound_header_overhead = 2;
inline constexpr std::size_t compound_overhead = 2;
inline constexpr std::size_t compound_limit = 255;

/// Several messages as one. Preconditions: 1 to compound_limit parts of at most 65,535 bytes.
bytes make_compound(std::span<const bytes> parts);

/// The parts of a compound's body, as views into it; all or nothing.
result<std::vector<byte_view>> split_compound(byte_view body);

}  // namespace waggle::gossip::wire
