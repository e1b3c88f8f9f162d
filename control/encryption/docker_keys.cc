#include "control/encryption/docker_keys.hh"

#include <algorithm>
#include <charconv>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "control/encryption/hexadecimal.hh"

namespace waggle::control {
namespace {

constexpr std::string_view blanks = " \t\r";
constexpr std::size_t key_length = 16;

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

error wrong_line(std::size_t number) {
    return {"line " + std::to_string(number) +
            " is no key; a line is a key's Lamport time (decimal), a space and its 32 hex digits"};
}

std::optional<std::pair<std::uint64_t, secret>> parse_line(std::string_view line) {
    const std::size_t gap = line.find_first_of(blanks);
    if (gap == std::string_view::npos) return std::nullopt;
    const std::string_view number = line.substr(0, gap);
    std::uint64_t time = 0;
    const auto [end, failure] = std::from_chars(number.data(), number.data() + number.size(), time);
    if (failure != std::errc{} || end != number.data() + number.size()) return std::nullopt;
    std::optional<secret> key = parse_hexadecimal(trimmed(line.substr(gap)), key_length);
    if (!key) return std::nullopt;
    return std::pair{time, std::move(*key)};
}

}  // namespace

result<docker_keyring> parse_docker_keys(std::string_view text) {
    std::vector<std::pair<std::uint64_t, secret>> found;
    std::size_t number = 0;
    while (!text.empty()) {
        ++number;
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty() || line.front() == '#') continue;
        auto parsed = parse_line(line);
        if (!parsed) return wrong_line(number);
        if (found.size() == 3) return error{"has more than three keys; Docker keeps exactly three"};
        found.push_back(std::move(*parsed));
    }
    if (found.size() != 3)
        return error{"has " + std::to_string(found.size()) + " keys; Docker keeps exactly three"};
    std::ranges::sort(found, {}, &std::pair<std::uint64_t, secret>::first);
    docker_keyring ring;
    for (std::size_t i = 0; i < ring.keys.size(); ++i)
        ring.keys[i] = {static_cast<std::uint32_t>(found[i].first), std::move(found[i].second)};
    if (ring.keys[0].tag == ring.keys[1].tag || ring.keys[1].tag == ring.keys[2].tag ||
        ring.keys[0].tag == ring.keys[2].tag)
        return error{"has two keys of the same Lamport time; each key has its own"};
    return ring;
}

std::uint32_t docker_spi(const ip_address& source, const ip_address& destination, std::uint32_t tag) {
    std::uint32_t hash = 0x811c9dc5;
    const auto add = [&hash](std::uint8_t byte) { hash = (hash ^ byte) * 0x01000193; };
    for (std::uint8_t byte : source.bytes()) add(byte);
    for (unsigned shift : {24U, 16U, 8U, 0U}) add(static_cast<std::uint8_t>(tag >> shift));
    for (std::uint8_t byte : destination.bytes()) add(byte);
    return hash;
}

}  // namespace waggle::control
