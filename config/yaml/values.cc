#include "config/yaml/values.hh"

#include <algorithm>
#include <charconv>

namespace waggle::config {

namespace {

bool is_scalar(const cursor& at) {
    return at.node().kind == tree_kind::scalar;
}

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_printable(char c) {
    return c > ' ' && c < '\x7f';
}

/// Digits only, no leading zero: YAML 1.1 would read 010 as 8, people mean 10.
std::optional<std::uint64_t> parse_decimal(std::string_view text) {
    if (text.empty() || (text.size() > 1 && text.front() == '0')) return std::nullopt;
    std::uint64_t value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

std::optional<std::uint64_t> read_number(const cursor& at, std::uint64_t least, std::uint64_t most,
                                         std::string_view unit) {
    if (is_scalar(at) && !at.node().quoted) {
        const auto value = parse_decimal(at.node().text);
        if (value && *value >= least && *value <= most) return value;
    }
    at.refuse("a decimal number from " + std::to_string(least) + " to " + std::to_string(most) +
              (unit.empty() ? "" : " " + std::string(unit)));
    return std::nullopt;
}

std::optional<bool> read_boolean(const cursor& at) {
    if (is_scalar(at) && !at.node().quoted) {
        if (at.node().text == "true") return true;
        if (at.node().text == "false") return false;
    }
    at.refuse("true, false");
    return std::nullopt;
}

std::optional<std::string> read_text(const cursor& at, std::string_view allowed) {
    if (is_scalar(at) && !at.node().text.empty()) return at.node().text;
    at.refuse(allowed);
    return std::nullopt;
}

std::optional<std::string> read_name(const cursor& at) {
    const std::string& text = at.node().text;
    const bool good = is_scalar(at) && !text.empty() && text.size() <= 128 && is_letter_or_digit(text[0]) &&
                      std::all_of(text.begin(), text.end(), [](char c) {
                          return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-';
                      });
    if (good) return text;
    at.refuse("1 to 128 letters, digits, '.', '_' and '-', the first a letter or digit");
    return std::nullopt;
}

std::optional<std::string> read_interface_name(const cursor& at) {
    const std::string& text = at.node().text;
    const bool good =
        is_scalar(at) && !text.empty() && text.size() <= 15 && text != "." && text != ".." &&
        std::all_of(text.begin(), text.end(), [](char c) { return is_printable(c) && c != '/' && c != ':'; });
    if (good) return text;
    at.refuse("the name of a network interface: 1 to 15 printable characters, no spaces, '/' or ':'");
    return std::nullopt;
}

std::optional<std::string> read_absolute_path(const cursor& at, std::size_t longest) {
    const std::string& text = at.node().text;
    const bool good =
        is_scalar(at) && text.size() > 1 && text.size() <= longest && text[0] == '/' &&
        std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }) &&
        (text + "/").find("/../") == std::string::npos;
    if (good) return text;
    at.refuse("an absolute path (/...) without '..', at most " + std::to_string(longest) + " bytes");
    return std::nullopt;
}

std::optional<std::string> read_device(const cursor& at) {
    const std::string& text = at.node().text;
    const bool good = is_scalar(at) && !text.empty() && text.size() <= 255 && text[0] != ',' &&
                      std::all_of(text.begin(), text.end(), is_printable);
    if (good) return text;
    at.refuse("a PCI address (0000:03:00.0) or DPDK device arguments (net_...,key=value), no spaces");
    return std::nullopt;
}

std::string device_name(const std::string& device) {
    return device.substr(0, device.find(','));
}

std::optional<mac_address> read_endpoint_mac(const cursor& at) {
    if (is_scalar(at)) {
        const auto mac = mac_address::parse(at.node().text);
        if (mac && !mac->is_multicast() && !mac->is_zero()) return mac;
    }
    at.refuse("a unicast MAC address such as 02:42:0a:01:00:02");
    return std::nullopt;
}

std::optional<ip_prefix> parse_prefix(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos || !parse_decimal(text.substr(slash + 1))) return std::nullopt;
    return ip_prefix::parse(text);
}

bool is_list(const cursor& at, std::string_view allowed) {
    if (at.node().kind == tree_kind::list) return true;
    at.refuse(allowed);
    return false;
}

}  // namespace waggle::config
