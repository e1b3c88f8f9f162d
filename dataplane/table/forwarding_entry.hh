#pragma once

#include <cstdint>
#include <cstring>

#include "common/mac_address.hh"

namespace waggle {

/// Dense numbers that the writer gives out; 0 is never valid for an overlay. An index is not given out
/// again before a grace period has passed.
using overlay_index = std::uint16_t;
using vtep_index = std::uint16_t;
using port_index = std::uint16_t;

inline constexpr overlay_index no_overlay = 0;

/// Key of the forwarding table: the MAC as an 8-byte load from a frame leaves it in the low 48 bits
/// (little-endian), the overlay index in the high 16. 0 means an empty slot.
class forwarding_key {
public:
    /// 0 by forwarding_key(); an array of them is not touched.
    constexpr forwarding_key() = default;
    /// `mac_bytes`: 8 readable bytes, of which the first six are the MAC (any Ethernet header has them).
    static forwarding_key load(overlay_index overlay, const void* mac_bytes) {
        std::uint64_t bytes;
        std::memcpy(&bytes, mac_bytes, sizeof bytes);
        return forwarding_key((bytes & 0xffff'ffff'ffffU) | std::uint64_t{overlay} << 48);
    }
    static forwarding_key from(overlay_index overlay, const mac_address& mac) {
        std::uint64_t bytes = 0;
        std::memcpy(&bytes, mac.bytes().data(), 6);
        return forwarding_key(bytes | std::uint64_t{overlay} << 48);
    }
    static constexpr forwarding_key from_raw(std::uint64_t raw) { return forwarding_key(raw); }

    constexpr std::uint64_t raw() const { return _raw; }
    /// Broadcast or multicast: the first bit on the wire (IEEE 802.3 section 3.2.3).
    constexpr bool is_group() const { return (_raw & 1) != 0; }
    constexpr overlay_index overlay() const { return static_cast<overlay_index>(_raw >> 48); }
    mac_address mac() const { return mac_address::load(&_raw); }
    friend constexpr bool operator==(forwarding_key, forwarding_key) = default;

private:
    constexpr explicit forwarding_key(std::uint64_t raw) : _raw(raw) {}
    std::uint64_t _raw;
};

/// Value of the forwarding table: unknown, a local access port, or a VTEP.
class forwarding_value {
public:
    /// Unknown by forwarding_value(); an array of them is not touched.
    constexpr forwarding_value() = default;
    static constexpr forwarding_value local(port_index port) { return forwarding_value(local_bit | port); }
    static constexpr forwarding_value remote(vtep_index vtep) { return forwarding_value(remote_bit | vtep); }
    static constexpr forwarding_value from_raw(std::uint32_t raw) { return forwarding_value(raw); }

    constexpr bool is_known() const { return _raw != 0; }
    constexpr bool is_local() const { return (_raw & local_bit) != 0; }
    constexpr bool is_remote() const { return (_raw & remote_bit) != 0; }
    constexpr port_index port() const { return static_cast<port_index>(_raw); }
    constexpr vtep_index vtep() const { return static_cast<vtep_index>(_raw); }
    constexpr std::uint32_t raw() const { return _raw; }
    friend constexpr bool operator==(forwarding_value, forwarding_value) = default;

private:
    static constexpr std::uint32_t local_bit = 1U << 31;
    static constexpr std::uint32_t remote_bit = 1U << 30;
    constexpr explicit forwarding_value(std::uint32_t raw) : _raw(raw) {}
    std::uint32_t _raw;
};

}  // namespace waggle
