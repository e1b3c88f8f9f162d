#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace waggle {

class ip_address;

/// A 48-bit Ethernet address, bytes in wire order.
class mac_address {
public:
    constexpr mac_address() = default;
    constexpr explicit mac_address(const std::array<std::uint8_t, 6>& bytes) : _bytes(bytes) {}

    /// "02:42:0a:00:00:05", six pairs of hex digits with colons; nothing else is accepted.
    static std::optional<mac_address> parse(std::string_view text);
    /// The address at `bytes` (6 readable bytes).
    static mac_address load(const void* bytes) {
        mac_address mac;
        std::memcpy(mac._bytes.data(), bytes, 6);
        return mac;
    }
    /// The low 48 bits of `value`, first wire byte in bits 40 to 47.
    static constexpr mac_address from_u64(std::uint64_t value) {
        mac_address mac;
        for (std::size_t i = 0; i < 6; ++i) mac._bytes[i] = static_cast<std::uint8_t>(value >> (40 - 8 * i));
        return mac;
    }
    /// Docker's rule: 02:42 followed by the four bytes of an IPv4 address. Precondition: ip.is_v4().
    static mac_address derived_from(const ip_address& ip);

    static constexpr mac_address broadcast() { return from_u64(0xffff'ffff'ffff); }

    constexpr std::uint64_t to_u64() const {
        std::uint64_t value = 0;
        for (std::uint8_t byte : _bytes) value = value << 8 | byte;
        return value;
    }
    constexpr const std::array<std::uint8_t, 6>& bytes() const { return _bytes; }
    void store(void* destination) const { std::memcpy(destination, _bytes.data(), 6); }

    constexpr bool is_zero() const { return to_u64() == 0; }
    /// True for broadcast too.
    constexpr bool is_multicast() const { return (_bytes[0] & 1) != 0; }
    constexpr bool is_broadcast() const { return to_u64() == 0xffff'ffff'ffff; }
    std::string to_string() const;

    friend constexpr auto operator<=>(const mac_address&, const mac_address&) = default;

private:
    std::array<std::uint8_t, 6> _bytes{};
};

static_assert(sizeof(mac_address) == 6 && alignof(mac_address) == 1);

}  // namespace waggle

template <>
struct std::hash<waggle::mac_address> {
    std::size_t operator()(const waggle::mac_address& mac) const noexcept {
        return std::hash<std::uint64_t>{}(mac.to_u64());
    }
};
