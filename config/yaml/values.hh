#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/ip_address.hh"
#include "common/ip_prefix.hh"
#include "common/mac_address.hh"
#include "config/yaml/cursor.hh"

/// Readers of single values: the value, or nothing after reporting what is wrong and what is allowed.
namespace waggle::config {

/// Decimal digits without sign, leading zero, separators or quotes.
std::optional<std::uint64_t> read_number(const cursor& at, std::uint64_t least, std::uint64_t most,
                                         std::string_view unit = "");
/// Exactly `true` or `false`, without quotes.
std::optional<bool> read_boolean(const cursor& at);
/// 1 to 128 of A-Z a-z 0-9 . _ -, starting with a letter or digit.
std::optional<std::string> read_name(const cursor& at);
/// What the kernel takes as the name of a link: 1 to 15 characters, no '/', ':' or space, not "." or "..".
std::optional<std::string> read_interface_name(const cursor& at);
/// Starts with '/', has no control characters or "..", at most `longest` bytes.
std::optional<std::string> read_absolute_path(const cursor& at, std::size_t longest = 4095);
/// A PCI address or vdev devargs: 1 to 255 printable characters without spaces.
std::optional<std::string> read_device(const cursor& at);
/// The first word of devargs, which DPDK knows the device by.
std::string device_name(const std::string& device);
std::optional<mac_address> read_endpoint_mac(const cursor& at);
/// "ADDRESS/LENGTH" as ip_prefix::parse, the length without leading zeros.
std::optional<ip_prefix> parse_prefix(std::string_view text);
/// The scalar's text; reports lists, maps and empty values.
std::optional<std::string> read_text(const cursor& at, std::string_view allowed);
/// True if it is a list; else reported with `allowed`.
bool is_list(const cursor& at, std::string_view allowed);

/// One of a few words.
template <typename T>
std::optional<T> read_choice(const cursor& at, const std::vector<std::pair<std::string_view, T>>& choices) {
    std::string allowed;
    for (const auto& [word, value] : choices) {
        if (at.node().kind == tree_kind::scalar && at.node().text == word) return value;
        allowed += (allowed.empty() ? "" : ", ") + std::string(word);
    }
    at.refuse(allowed);
    return std::nullopt;
}

}  // namespace waggle::config
