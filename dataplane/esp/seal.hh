#pragma once

#include <array>
#include <cstdint>

#include "dataplane/esp/security_association.hh"
#include "dataplane/esp/verdict.hh"

namespace waggle::esp {

/// Most packets of one call of seal() or open().
inline constexpr unsigned burst_size = 64;

/// Packets to seal. Each lies in one contiguous buffer:
///
///     esp                 esp + 16
///      │ room for header   │ payload, `length` bytes   │ room for trailer and ICV    │ end of buffer
///      │◄───────────────────────────── room ───────────────────────────────────────►│
///
/// sealed_length() tells how much room is needed. The payload starts with the UDP header.
struct seal_burst {
    unsigned count = 0;
    std::array<std::uint8_t*, burst_size> esp;
    /// In: bytes of the payload. Out, if sealed: bytes from the ESP header to the end of the ICV.
    std::array<std::uint32_t, burst_size> length;
    /// Bytes from `esp` to the end of the buffer.
    std::array<std::uint32_t, burst_size> room;
    /// Null: no SA.
    std::array<outbound_association*, burst_size> association;
    std::array<seal_verdict, burst_size> verdict;
};

/// Seals in place, in the order given within each SA, each packet with a sequence number and IV of its own.
/// Packets with another verdict than `sealed` are unchanged. `now`: what association_usage::last_used shows,
/// nanoseconds of a monotonic clock. Any worker; no locks, one compare-and-swap per SA of the burst. Bit i of
/// the answer: packet i is `sealed`.
std::uint64_t seal(seal_burst& burst, std::uint64_t now);

}  // namespace waggle::esp
