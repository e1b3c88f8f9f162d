#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "common/byte_order.hh"

namespace waggle {

/// An unfolded ones-complement sum of 16-bit words as they lie in memory (RFC 1071): the byte order does not
/// matter as long as words and result are both taken from and put to memory. Sums add up freely; every piece
/// but the last of a checksummed range must have an even length.
using checksum_sum = std::uint64_t;

/// Adds `length` bytes, an odd last byte padded with zero. Any alignment.
checksum_sum checksum_add(const void* data, std::size_t length, checksum_sum sum = 0);

/// Copies `length` bytes and adds them in the same pass. The ranges do not overlap.
checksum_sum checksum_copy(void* destination, const void* source, std::size_t length, checksum_sum sum = 0);

/// Adds one 16-bit field.
constexpr checksum_sum checksum_add(be16 word, checksum_sum sum) {
    return sum + word.raw();
}

/// The sum as 16 bits, memory order, not complemented. Any `sum` below 2^63 (half a million GiB of data).
constexpr std::uint16_t checksum_fold(checksum_sum sum) {
    sum = (sum & 0xffff'ffffU) + (sum >> 32);
    sum = (sum & 0xffffU) + (sum >> 16 & 0xffffU) + (sum >> 32);
    sum = (sum & 0xffffU) + (sum >> 16);
    sum = (sum & 0xffffU) + (sum >> 16);
    return static_cast<std::uint16_t>(sum);
}

/// The value for a checksum field.
constexpr be16 checksum_finish(checksum_sum sum) {
    return be16::from_raw(static_cast<std::uint16_t>(~checksum_fold(sum)));
}

/// The same for a UDP field, where 0 means "none" and 0xffff stands for it (RFC 768).
constexpr be16 checksum_finish_udp(checksum_sum sum) {
    const be16 checksum = checksum_finish(sum);
    return checksum.raw() == 0 ? be16(0xffff) : checksum;
}

/// True if a range that includes its checksum field sums up right.
constexpr bool checksum_valid(checksum_sum sum) {
    return checksum_fold(sum) == 0xffff;
}

/// Sum of the IPv4 pseudo header; `addresses` are the 8 bytes from the source address on, `length` that of
/// the transport header and payload.
inline checksum_sum checksum_pseudo_v4(const void* addresses, std::uint8_t protocol, std::uint32_t length) {
    std::uint32_t words[2];
    std::memcpy(words, addresses, sizeof words);
    return checksum_sum{words[0]} + words[1] + be32(length).raw() + be16(protocol).raw();
}

/// Sum of the IPv6 pseudo header (RFC 8200 section 8.1); `addresses` are the 32 bytes from the source
/// address on.
inline checksum_sum checksum_pseudo_v6(const void* addresses, std::uint8_t protocol, std::uint32_t length) {
    std::uint32_t words[8];
    std::memcpy(words, addresses, sizeof words);
    checksum_sum sum = checksum_sum{be32(length).raw()} + be16(protocol).raw();
    for (std::uint32_t word : words) sum += word;
    return sum;
}

/// The checksum after one covered word changed, RFC 1624 equation 3.
constexpr be16 checksum_update(be16 checksum, be16 from, be16 to) {
    const checksum_sum sum = checksum_sum{static_cast<std::uint16_t>(~checksum.raw())} +
                             static_cast<std::uint16_t>(~from.raw()) + to.raw();
    return checksum_finish(sum);
}

}  // namespace waggle
