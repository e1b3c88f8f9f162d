#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace waggle {

/// An ESP security parameters index, host byte order (RFC 4303 section 2.1).
class spi {
public:
    /// 0 is for local use and 1 to 255 are reserved by IANA: never on the wire for us.
    static constexpr std::uint32_t last_reserved = 255;

    constexpr spi() = default;
    constexpr explicit spi(std::uint32_t value) : _value(value) {}
    constexpr std::uint32_t value() const { return _value; }
    constexpr bool is_reserved() const { return _value <= last_reserved; }

    friend constexpr auto operator<=>(const spi&, const spi&) = default;

private:
    std::uint32_t _value = 0;
};

}  // namespace waggle

template <>
struct std::hash<waggle::spi> {
    std::size_t operator()(const waggle::spi& index) const noexcept {
        return std::hash<std::uint32_t>{}(index.value());
    }
};
