#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace waggle {

/// An IPv4 or IPv6 address. IPv4 is held in IPv4-mapped form (::ffff:a.b.c.d), so that one 16-byte key
/// serves both families; a mapped address is always taken as IPv4.
class ip_address {
public:
    /// The unspecified IPv6 address.
    constexpr ip_address() = default;

    /// Dotted quad or RFC 4291 text without zone or prefix length.
    static std::optional<ip_address> parse(std::string_view text);
    static constexpr ip_address from_v4(std::uint32_t host_order) {
        return mapped(std::endian::native == std::endian::little ? __builtin_bswap32(host_order)
                                                                 : host_order);
    }
    /// 4 readable bytes in network order.
    static ip_address load_v4(const void* bytes) {
        std::uint32_t raw;
        std::memcpy(&raw, bytes, sizeof raw);
        return mapped(raw);
    }
    /// 16 readable bytes in network order.
    static ip_address load_v6(const void* bytes) {
        ip_address ip;
        std::memcpy(ip._bytes.data(), bytes, 16);
        return ip;
    }

    constexpr bool is_v4() const {
        for (std::size_t i = 0; i < 10; ++i)
            if (_bytes[i] != 0) return false;
        return _bytes[10] == 0xff && _bytes[11] == 0xff;
    }
    constexpr bool is_v6() const { return !is_v4(); }
    bool is_unspecified() const;
    bool is_multicast() const;
    bool is_loopback() const;
    /// fe80::/10 or 169.254.0.0/16.
    bool is_link_local() const;

    /// Host byte order. Precondition: is_v4().
    constexpr std::uint32_t v4() const {
        return std::uint32_t{_bytes[12]} << 24 | std::uint32_t{_bytes[13]} << 16 |
               std::uint32_t{_bytes[14]} << 8 | _bytes[15];
    }
    /// All 16 bytes, IPv4 in mapped form.
    constexpr const std::array<std::uint8_t, 16>& bytes() const { return _bytes; }
    /// The bytes as they stand in a packet: 4 for IPv4, 16 for IPv6.
    std::span<const std::uint8_t> wire_bytes() const {
        return is_v4() ? std::span<const std::uint8_t>(&_bytes[12], 4)
                       : std::span<const std::uint8_t>(_bytes);
    }
    std::string to_string() const;

    friend constexpr auto operator<=>(const ip_address&, const ip_address&) = default;

private:
    /// `raw`: the four bytes as they lie in memory. Made of whole words, which a table lookup reads back:
    /// bytes written singly would stall it.
    static constexpr ip_address mapped(std::uint32_t raw) {
        constexpr std::uint32_t prefix =
            std::endian::native == std::endian::little ? 0xffff'0000 : 0x0000'ffff;
        ip_address ip;
        ip._bytes =
            std::bit_cast<std::array<std::uint8_t, 16>>(std::array<std::uint32_t, 4>{0, 0, prefix, raw});
        return ip;
    }
    std::array<std::uint8_t, 16> _bytes{};
};

static_assert(sizeof(ip_address) == 16);

}  // namespace waggle

template <>
struct std::hash<waggle::ip_address> {
    std::size_t operator()(const waggle::ip_address& ip) const noexcept {
        std::uint64_t high = 0;
        std::uint64_t low = 0;
        std::memcpy(&high, ip.bytes().data(), 8);
        std::memcpy(&low, ip.bytes().data() + 8, 8);
        return std::hash<std::uint64_t>{}((high ^ low * 0x9e37'79b9'7f4a'7c15U) * 0xff51'afd7'ed55'8ccdU);
    }
};
