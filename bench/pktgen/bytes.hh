#pragma once

#include <cstdint>

namespace waggle::pktgen {

inline void put16(std::uint8_t* to, unsigned value) {
    to[0] = static_cast<std::uint8_t>(value >> 8);
    to[1] = static_cast<std::uint8_t>(value);
}

inline void put32(std::uint8_t* to, std::uint32_t value) {
    put16(to, value >> 16);
    put16(to + 2, value & 0xffff);
}

inline unsigned get16(const std::uint8_t* from) {
    return static_cast<unsigned>(from[0] << 8 | from[1]);
}

inline std::uint32_t get32(const std::uint8_t* from) {
    return get16(from) << 16 | get16(from + 2);
}

/// Of an IPv4 header without options; 0 if it has the right one.
inline unsigned header_checksum(const std::uint8_t* header) {
    std::uint32_t sum = 0;
    for (unsigned i = 0; i < 20; i += 2) sum += get16(header + i);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return ~sum & 0xffff;
}

}  // namespace waggle::pktgen
