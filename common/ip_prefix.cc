#include "common/ip_prefix.hh"

#include <charconv>

namespace waggle {

namespace {

/// The first `bits` bits of the 16-byte form.
std::array<std::uint8_t, 16> masked(const ip_address& ip, unsigned bits) {
    std::array<std::uint8_t, 16> bytes = ip.bytes();
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const unsigned first = static_cast<unsigned>(i) * 8;
        if (first >= bits) {
            bytes[i] = 0;
        } else if (first + 8 > bits) {
            bytes[i] &= static_cast<std::uint8_t>(0xffU << (first + 8 - bits));
        }
    }
    return bytes;
}

unsigned bits_in_mapped_form(const ip_prefix& prefix) {
    return prefix.address.is_v4() ? prefix.length + 96 : prefix.length;
}

}  // namespace

std::optional<ip_prefix> ip_prefix::parse(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const std::optional<ip_address> ip = ip_address::parse(text.substr(0, slash));
    if (!ip) return std::nullopt;
    const std::string_view digits = text.substr(slash + 1);
    unsigned bits = 0;
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (failure != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    if (bits > (ip->is_v4() ? 32U : 128U)) return std::nullopt;
    return ip_prefix{*ip, bits};
}

ip_prefix ip_prefix::network() const {
    return {ip_address::load_v6(masked(address, bits_in_mapped_form(*this)).data()), length};
}

bool ip_prefix::contains(const ip_address& ip) const {
    if (ip.is_v4() != address.is_v4()) return false;
    const unsigned bits = bits_in_mapped_form(*this);
    return masked(ip, bits) == masked(address, bits);
}

bool ip_prefix::overlaps(const ip_prefix& other) const {
    return length <= other.length ? contains(other.address) : other.contains(address);
}

std::optional<ip_address> ip_prefix::broadcast_address() const {
    if (!address.is_v4() || length > 30) return std::nullopt;
    return ip_address::from_v4(address.v4() | (0xffff'ffffU >> length));
}

std::string ip_prefix::to_string() const {
    return address.to_string() + "/" + std::to_string(length);
}

}  // namespace waggle
