#pragma once

#include <array>
#include <limits>
#include <string>

#include "control/gossip/core/ip_endpoint.hh"
#include "control/gossip/memberlist/wire/messages.hh"
#include "control/gossip/memberlist/wire/msgpack.hh"

namespace waggle::gossip::wire {

inline constexpr std::uint64_t u32_limit = std::numeric_limits<std::uint32_t>::max();
inline constexpr std::uint64_t u16_limit = std::numeric_limits<std::uint16_t>::max();

inline std::uint32_t read_u32(msgpack::reader& in) {
    return static_cast<std::uint32_t>(in.number(u32_limit));
}
inline std::uint16_t read_port(msgpack::reader& in) {
    return static_cast<std::uint16_t>(in.number(u16_limit));
}
inline std::string read_name(msgpack::reader& in) {
    return std::string(in.text(name_limit));
}

/// Reads 4 or 16 bytes; anything else, also nothing, sets `valid` to false and gives the unspecified address.
inline ip_address read_address(msgpack::reader& in, bool& valid) {
    const byte_view raw = in.raw(name_limit);
    valid = raw.size() == 4 || raw.size() == 16;
    if (!valid) return {};
    return raw.size() == 4 ? ip_address::load_v4(raw.data()) : ip_address::load_v6(raw.data());
}

inline void read_versions(msgpack::reader& in, std::array<std::uint8_t, 6>& versions) {
    const byte_view raw = in.raw(name_limit);
    // Shorter ones come from protocol versions before the field existed.
    for (std::size_t i = 0; i < versions.size() && i < raw.size(); ++i) versions[i] = raw[i];
}

/// Calls on_field(key) for every pair of the map at `in`, which reads the value or returns false to skip it.
template <typename OnField>
void read_fields(msgpack::reader& in, OnField&& on_field) {
    for (std::size_t left = in.map(); left != 0 && !in.failed(); --left) {
        const std::string_view key = in.text(name_limit);
        if (!in.failed() && !on_field(key)) in.skip();
    }
}

}  // namespace waggle::gossip::wire
