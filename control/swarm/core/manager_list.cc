#include "control/swarm/core/manager_list.hh"

#include <algorithm>
#include <charconv>

namespace waggle::control::swarm {

bool is_manager_address(const std::string& text) {
    const auto colon = text.rfind(':');
    if (colon == std::string::npos || colon == 0 || text.size() > 300) return false;
    unsigned port = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, failed] = std::from_chars(text.data() + colon + 1, end, port);
    if (failed != std::errc() || stopped != end || port == 0 || port > 65535) return false;
    std::string host = text.substr(0, colon);
    if (host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
    } else if (host.find(':') != std::string::npos) {
        return false;
    }
    if (const auto ip = ip_address::parse(host))
        return !ip->is_unspecified() && *ip != ip_address::from_v4(0) && !ip->is_multicast();
    // A name; never a path or a scheme, which the resolver would take for something else.
    return !host.empty() && std::ranges::all_of(host, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
               c == '.' || c == '_';
    });
}

void manager_list::replace(
    const google::protobuf::RepeatedPtrField<docker::swarmkit::v1::WeightedPeer>& managers) {
    std::map<std::string, known> wanted;
    for (const auto& each : managers) {
        if (wanted.size() == most) break;
        if (!is_manager_address(each.peer().addr()) || each.peer().node_id().size() > 64) continue;
        known entry{each.peer().node_id(), std::clamp<std::int64_t>(each.weight(), -256, 256), 0};
        if (const auto old = _managers.find(each.peer().addr()); old != _managers.end())
            entry.seen = old->second.seen;
        wanted.emplace(each.peer().addr(), std::move(entry));
    }
    if (!wanted.empty()) _managers = std::move(wanted);
}

void manager_list::add(const std::string& address) {
    if (_managers.size() < most) _managers.try_emplace(address);
}

void manager_list::observe(const std::string& address, double what) {
    const auto found = _managers.find(address);
    if (found == _managers.end()) return;
    found->second.seen = std::clamp((found->second.seen + what) / 2, -256.0, 256.0);
}

std::string manager_list::choose(gossip::random_source& random) const {
    if (_managers.empty()) return {};
    double least = 0;
    for (const auto& [address, each] : _managers)
        least = std::min(least, static_cast<double>(each.weight) + each.seen);
    // Everybody keeps a chance, or a manager that failed once would never be tried again.
    const auto share = [&](const known& each) {
        return static_cast<double>(each.weight) + each.seen - least + 1;
    };
    double sum = 0;
    for (const auto& [address, each] : _managers) sum += share(each);
    double at = static_cast<double>(random() >> 11) * 0x1p-53 * sum;
    for (const auto& [address, each] : _managers) {
        at -= share(each);
        if (at < 0) return address;
    }
    return _managers.rbegin()->first;
}

std::vector<manager> manager_list::list() const {
    std::vector<manager> all;
    for (const auto& [address, each] : _managers) all.push_back({each.node_id, address, each.weight});
    return all;
}

}  // namespace waggle::control::swarm
