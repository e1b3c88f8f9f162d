#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace waggle {

/// A VXLAN network identifier: 24 bits (RFC 7348 section 5).
class vni {
public:
    static constexpr std::uint32_t maximum = 0xff'ffff;

    constexpr vni() = default;
    /// Nothing if `value` does not fit 24 bits.
    static constexpr std::optional<vni> from(std::uint64_t value) {
        if (value > maximum) return std::nullopt;
        return vni(static_cast<std::uint32_t>(value));
    }
    constexpr std::uint32_t value() const { return _value; }
    std::string to_string() const { return std::to_string(_value); }

    friend constexpr auto operator<=>(const vni&, const vni&) = default;

private:
    constexpr explicit vni(std::uint32_t value) : _value(value) {}
    std::uint32_t _value = 0;
};

}  // namespace waggle

template <>
struct std::hash<waggle::vni> {
    std::size_t operator()(const waggle::vni& id) const noexcept {
        return std::hash<std::uint32_t>{}(id.value());
    }
};
