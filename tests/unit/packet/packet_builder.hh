#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/ip_address.hh"
#include "common/mac_address.hh"

/// Packets made byte by byte, with none of the product's code: what the tests compare it with.
namespace waggle::test {

using bytes = std::vector<std::uint8_t>;

/// A copy on the heap of exactly its size, so that AddressSanitizer sees every byte read beyond it.
class exact_buffer {
public:
    explicit exact_buffer(const bytes& content)
        : _data(new std::uint8_t[content.size()]), _size(content.size()) {
        std::copy(content.begin(), content.end(), _data.get());
    }
    explicit exact_buffer(std::size_t size) : exact_buffer(bytes(size)) {}
    std::uint8_t* data() const { return _data.get(); }
    std::size_t size() const { return _size; }
    bytes copy() const { return bytes(_data.get(), _data.get() + _size); }

private:
    std::unique_ptr<std::uint8_t[]> _data;
    std::size_t _size;
};

inline bytes operator+(bytes first, const bytes& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
}
inline bytes slice(const bytes& from, std::size_t offset, std::size_t length) {
    return bytes(from.begin() + static_cast<std::ptrdiff_t>(offset),
                 from.begin() + static_cast<std::ptrdiff_t>(offset + length));
}
inline bytes slice(const bytes& from, std::size_t offset) {
    return slice(from, offset, from.size() - offset);
}
inline bytes u16(std::size_t value) {
    return {static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
}
inline bytes u32(std::size_t value) {
    return u16(value >> 16 & 0xffff) + u16(value & 0xffff);
}
inline std::uint16_t get16(const bytes& from, std::size_t at) {
    return static_cast<std::uint16_t>(from.at(at) << 8 | from.at(at + 1));
}
inline std::uint32_t get32(const bytes& from, std::size_t at) {
    return std::uint32_t{get16(from, at)} << 16 | get16(from, at + 2);
}
inline void put16(bytes& to, std::size_t at, std::size_t value) {
    to.at(at) = static_cast<std::uint8_t>(value >> 8);
    to.at(at + 1) = static_cast<std::uint8_t>(value);
}
inline bytes mac(const std::string& text) {
    const auto parsed = mac_address::parse(text).value();
    return bytes(parsed.bytes().begin(), parsed.bytes().end());
}
/// 4 or 16 bytes.
inline bytes ip(const std::string& text) {
    const auto parsed = ip_address::parse(text).value();
    const auto wire = parsed.wire_bytes();
    return bytes(wire.begin(), wire.end());
}

/// RFC 1071 word by word; the sum of big-endian words, not complemented.
inline std::uint16_t slow_sum(const bytes& data) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < data.size(); i += 2) {
        sum += static_cast<std::uint32_t>(data[i] << 8 | (i + 1 < data.size() ? data[i + 1] : 0));
        if (sum > 0xffff) sum -= 0xffff;
    }
    return static_cast<std::uint16_t>(sum);
}
inline std::uint16_t slow_checksum(const bytes& data) {
    return static_cast<std::uint16_t>(~slow_sum(data));
}
inline bytes pseudo_header(const bytes& source, const bytes& destination, std::uint8_t protocol,
                           std::size_t length) {
    if (source.size() == 4) return source + destination + bytes{0, protocol} + u16(length);
    return source + destination + u32(length) + bytes{0, 0, 0, protocol};
}

inline bytes ethernet(const std::string& destination, const std::string& source, unsigned type,
                      const bytes& payload) {
    return mac(destination) + mac(source) + u16(type) + payload;
}

struct ip_options {
    unsigned tos = 0;
    unsigned id = 0x1234;
    /// IPv4 flags and offset.
    unsigned fragment = 0x4000;
    unsigned ttl = 64;
    /// IPv4 options, a multiple of four bytes.
    bytes extra = {};
};

inline bytes ipv4(const std::string& source, const std::string& destination, std::uint8_t protocol,
                  const bytes& payload, const ip_options& options = {}) {
    const std::size_t header = 20 + options.extra.size();
    bytes packet =
        bytes{static_cast<std::uint8_t>(0x40 + header / 4), static_cast<std::uint8_t>(options.tos)} +
        u16(header + payload.size()) + u16(options.id) + u16(options.fragment) +
        bytes{static_cast<std::uint8_t>(options.ttl), protocol, 0, 0} + ip(source) + ip(destination) +
        options.extra;
    put16(packet, 10, slow_checksum(packet));
    return packet + payload;
}

inline bytes ipv6(const std::string& source, const std::string& destination, std::uint8_t next_header,
                  const bytes& payload, const ip_options& options = {}) {
    return u32(0x60000000U | options.tos << 20) + u16(payload.size()) +
           bytes{next_header, static_cast<std::uint8_t>(options.ttl)} + ip(source) + ip(destination) +
           payload;
}

/// Fills the checksum field of a transport packet.
inline bytes with_checksum(const std::string& source, const std::string& destination, std::uint8_t protocol,
                           bytes packet, std::size_t field) {
    put16(packet, field, 0);
    put16(packet, field,
          slow_checksum(pseudo_header(ip(source), ip(destination), protocol, packet.size()) + packet));
    return packet;
}

inline bytes udp(unsigned source_port, unsigned destination_port, const bytes& payload,
                 unsigned checksum = 0) {
    return u16(source_port) + u16(destination_port) + u16(8 + payload.size()) + u16(checksum) + payload;
}

inline bytes tcp(unsigned source_port, unsigned destination_port, std::uint32_t sequence, unsigned flags,
                 const bytes& payload, const bytes& options = {}) {
    const std::size_t header = 20 + options.size();
    return u16(source_port) + u16(destination_port) + u32(sequence) + u32(0xcafe'f00d) +
           bytes{static_cast<std::uint8_t>(header / 4 << 4), static_cast<std::uint8_t>(flags)} + u16(0x2000) +
           u16(0) + u16(0) + options + payload;
}

/// A seed that the test prints when it fails.
class random_source {
public:
    random_source() : _seed(std::random_device{}()), _engine(_seed), _trace(__FILE__, __LINE__, text()) {}
    std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(_engine() % limit); }
    std::uint32_t between(std::uint32_t low, std::uint32_t high) { return low + below(high - low + 1); }
    bytes data(std::size_t length) {
        bytes made(length);
        for (auto& byte : made) byte = static_cast<std::uint8_t>(_engine());
        return made;
    }

private:
    std::string text() const { return "seed " + std::to_string(_seed); }
    std::uint64_t _seed;
    std::mt19937_64 _engine;
    testing::ScopedTrace _trace;
};

}  // namespace waggle::test
