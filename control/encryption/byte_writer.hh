#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace waggle::control {

/// Appends numbers in network byte order, bytes and text.
class byte_writer {
public:
    template <typename T>
    void number(T value) {
        for (std::size_t i = sizeof(T); i-- > 0;)
            _bytes.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    }
    void bytes(std::span<const std::uint8_t> more) { _bytes.insert(_bytes.end(), more.begin(), more.end()); }
    void text(std::string_view more) { _bytes.insert(_bytes.end(), more.begin(), more.end()); }

    std::span<const std::uint8_t> written() const { return _bytes; }
    std::vector<std::uint8_t> take() && { return std::move(_bytes); }

private:
    std::vector<std::uint8_t> _bytes;
};

/// Reads what byte_writer wrote; the caller has checked that there is enough.
class byte_reader {
public:
    explicit byte_reader(std::span<const std::uint8_t> from) : _rest(from) {}

    template <typename T>
    T number() {
        std::uint64_t value = 0;
        for (const std::uint8_t byte : bytes(sizeof(T))) value = value << 8 | byte;
        return static_cast<T>(value);
    }
    std::span<const std::uint8_t> bytes(std::size_t count) {
        const auto taken = _rest.first(count);
        _rest = _rest.subspan(count);
        return taken;
    }
    template <std::size_t N>
    std::array<std::uint8_t, N> array() {
        std::array<std::uint8_t, N> taken{};
        const auto from = bytes(N);
        std::copy(from.begin(), from.end(), taken.begin());
        return taken;
    }
    std::size_t left() const { return _rest.size(); }

private:
    std::span<const std::uint8_t> _rest;
};

}  // namespace waggle::control
