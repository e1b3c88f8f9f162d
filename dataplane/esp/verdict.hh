#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace waggle::esp {

/// What became of a packet to seal. Only `sealed` may leave.
enum class seal_verdict : std::uint8_t {
    sealed,
    /// No SA given: nothing leaves.
    no_association,
    /// The SA's sequence numbers are used up.
    sequence_exhausted,
    /// The buffer ends before the trailer and ICV would.
    no_room,
    count_
};
inline constexpr std::size_t seal_verdict_count = static_cast<std::size_t>(seal_verdict::count_);

/// What became of a packet to open. Only `opened` may go on.
enum class open_verdict : std::uint8_t {
    opened,
    /// No SA given: the caller found none for SPI and source.
    no_association,
    /// Too short for header, IV, trailer and ICV.
    truncated,
    /// SPI 0 to 255.
    reserved_spi,
    /// The encrypted part does not end on a multiple of 4 (RFC 4303 section 2.4).
    misaligned,
    /// Sequence number accepted before.
    replayed,
    /// Sequence number below the window.
    too_old,
    /// The ICV is not that of this packet under this SA.
    authentication_failed,
    // From here on the packet is the peer's.
    /// Next header 59 (RFC 4303 section 2.6): to be dropped, no error of the peer.
    dummy,
    /// Pad length beyond the packet.
    trailer_malformed,
    /// Padding that is not 1, 2, 3 ...
    padding_invalid,
    /// Something else than UDP inside.
    wrong_next_header,
    count_
};
inline constexpr std::size_t open_verdict_count = static_cast<std::size_t>(open_verdict::count_);

/// Names as in the enumerations.
std::string_view name_of(seal_verdict verdict);
std::string_view name_of(open_verdict verdict);

}  // namespace waggle::esp
