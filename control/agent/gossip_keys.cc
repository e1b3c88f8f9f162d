#include "control/agent/gossip_keys.hh"

#include <string>

#include "config/private_file.hh"

namespace waggle::control {
namespace {

constexpr std::size_t digits_of_a_key = 32;
constexpr std::size_t most_keys = 16;

int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

result<std::vector<gossip::bytes>> parse_gossip_keys(std::string_view text) {
    std::vector<gossip::bytes> keys;
    unsigned line_number = 0;
    while (!text.empty()) {
        std::size_t end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
        ++line_number;
        while (!line.empty() && (line.back() == ' ' || line.back() == '\r' || line.back() == '\t'))
            line.remove_suffix(1);
        if (line.empty() || line.front() == '#') continue;
        gossip::bytes key;
        bool good = line.size() == digits_of_a_key;
        for (std::size_t i = 0; good && i < line.size(); i += 2) {
            int high = digit(line[i]);
            int low = digit(line[i + 1]);
            good = high >= 0 && low >= 0;
            if (good) key.push_back(static_cast<std::uint8_t>(high * 16 + low));
        }
        // What stands there may be a key all the same, so it is not shown.
        if (!good)
            return error{"line " + std::to_string(line_number) +
                         " is no gossip key; allowed: 32 hexadecimal digits a line"};
        keys.push_back(std::move(key));
    }
    if (keys.empty())
        return error{"there is no gossip key in it; allowed: 1 to 16 lines of 32 hexadecimal digits"};
    if (keys.size() > most_keys)
        return error{"there are " + std::to_string(keys.size()) + " gossip keys in it; allowed: 1 to 16"};
    return keys;
}

result<gossip::keyring> read_gossip_keys(const std::string& path) {
    auto text = config::read_private_file(path);
    if (!text) return text.failure();
    auto keys = parse_gossip_keys(text->view());
    if (!keys) return error{path + ": " + keys.failure().message};
    return gossip::keyring::make(*keys, 0).context(path);
}

}  // namespace waggle::control
