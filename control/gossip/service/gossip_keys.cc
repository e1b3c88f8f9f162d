#include "control/gossip/service/gossip_keys.hh"

#include <algorithm>
#include <optional>
#include <vector>

#include "common/secret.hh"
#include "config/private_file.hh"

namespace waggle::gossip {

namespace {

std::optional<unsigned> digit(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
    return std::nullopt;
}

/// 16, 24 or 32 bytes, or nothing.
bytes parse_key(std::string_view line) {
    if (line.size() != 32 && line.size() != 48 && line.size() != 64) return {};
    bytes key;
    key.reserve(line.size() / 2);
    for (std::size_t i = 0; i < line.size(); i += 2) {
        const auto high = digit(line[i]);
        const auto low = digit(line[i + 1]);
        if (!high || !low) {
            wipe(key);
            return {};
        }
        key.push_back(static_cast<std::uint8_t>(*high << 4 | *low));
    }
    return key;
}

}  // namespace

result<keyring> parse_gossip_keys(std::string_view text) {
    constexpr std::string_view blanks = " \t\r";
    std::vector<bytes> keys;
    std::optional<error> wrong;
    for (std::size_t number = 1; !text.empty() && !wrong; ++number) {
        std::string_view line = text.substr(0, std::min(text.find('\n'), text.size()));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        while (!line.empty() && blanks.find(line.back()) != std::string_view::npos) line.remove_suffix(1);
        while (!line.empty() && blanks.find(line.front()) != std::string_view::npos) line.remove_prefix(1);
        if (line.empty() || line.front() == '#') continue;
        keys.push_back(parse_key(line));
        if (keys.back().empty())
            wrong = error{"line " + std::to_string(number) +
                          " is no gossip key; a key is 32, 48 or 64 hex digits on a line of its own, as "
                          "`openssl rand -hex 16` makes them"};
    }
    result<keyring> ring = wrong ? result<keyring>(*wrong) : keyring::make(keys, 0);
    for (bytes& key : keys) wipe(key);
    return ring;
}

result<keyring> read_gossip_keys(const std::string& path) {
    const auto text = config::read_private_file(path);
    if (!text) return text.failure();
    return parse_gossip_keys(text->view()).context(path);
}

}  // namespace waggle::gossip
