#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "dataplane/esp/seal.hh"
#include "dataplane/esp/security_association.hh"
#include "dataplane/esp/verdict.hh"
#include "dataplane/packet/esp.hh"

namespace waggle::esp {

/// Packets to open, each in one contiguous buffer of `length` bytes from the ESP header to the end of the
/// ICV (the end that the IP header tells: bytes behind it are not ESP's).
struct open_burst {
    unsigned count = 0;
    std::array<std::uint8_t*, burst_size> esp;
    /// In: bytes from the ESP header on. Out, if opened: bytes of the payload, which starts at esp + 16 with
    /// the UDP header.
    std::array<std::uint32_t, burst_size> length;
    /// Found by SPI and source; null: none.
    std::array<inbound_association*, burst_size> association;
    std::array<open_verdict, burst_size> verdict;
};

/// The SPI to look the SA up by: `opened` and the SPI, or why there is none (`truncated`, `reserved_spi`).
/// Needs no more than the given bytes to be there.
struct spi_answer {
    open_verdict verdict;
    spi index;
};
inline spi_answer peek_spi(const std::uint8_t* esp, std::size_t length) {
    if (length < sizeof(esp_header)) return {open_verdict::truncated, spi()};
    const spi index = reinterpret_cast<const esp_header*>(esp)->security_parameters_index();
    return {index.is_reserved() ? open_verdict::reserved_spi : open_verdict::opened, index};
}

/// Checks the replay window, verifies, decrypts in place, checks trailer and padding. The content of packets
/// with another verdict than `opened` is undefined and must go nowhere. `now`: nanoseconds of a monotonic
/// clock, the same on all workers. The caller is the owner of all the associations. No locks and no atomic
/// instructions. Bit i of the answer: packet i is `opened`.
std::uint64_t open(open_burst& burst, std::uint64_t now);

}  // namespace waggle::esp
