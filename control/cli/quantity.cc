#include "control/cli/quantity.hh"

#include <array>
#include <cstdio>
#include <string_view>

namespace waggle::cli {

namespace {

std::string one_decimal(double value, std::string_view unit) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%.1f", value);
    return std::string(text.data()) + std::string(unit);
}

}  // namespace

std::string duration_text(std::uint64_t seconds) {
    const std::uint64_t minutes = seconds / 60;
    const std::uint64_t hours = minutes / 60;
    const std::uint64_t days = hours / 24;
    const auto two = [](std::uint64_t large, const char* large_unit, std::uint64_t small,
                        const char* small_unit) {
        return std::to_string(large) + large_unit + " " + std::to_string(small) + small_unit;
    };
    if (days > 0) return two(days, "d", hours % 24, "h");
    if (hours > 0) return two(hours, "h", minutes % 60, "m");
    if (minutes > 0) return two(minutes, "m", seconds % 60, "s");
    return std::to_string(seconds) + "s";
}

std::string bytes_text(std::uint64_t bytes) {
    constexpr std::array<std::string_view, 5> units{" KiB", " MiB", " GiB", " TiB", " PiB"};
    if (bytes < 1024) return std::to_string(bytes) + " B";
    double value = static_cast<double>(bytes) / 1024;
    std::size_t unit = 0;
    // 1023.95 would be shown as 1024.0 of the unit below.
    for (; value >= 1023.95 && unit + 1 < units.size(); ++unit) value /= 1024;
    return one_decimal(value, units[unit]);
}

std::string rate_text(double per_second) {
    if (per_second >= 999'950'000) return one_decimal(per_second / 1e9, "G/s");
    if (per_second >= 999'950) return one_decimal(per_second / 1e6, "M/s");
    if (per_second >= 999.95) return one_decimal(per_second / 1e3, "k/s");
    return per_second == 0 ? "0/s" : one_decimal(per_second, "/s");
}

}  // namespace waggle::cli
