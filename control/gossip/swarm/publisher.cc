#include "control/gossip/swarm/publisher.hh"

#include <utility>

#include "control/gossip/networkdb/records.hh"

namespace waggle::gossip {

std::vector<std::string> publisher::publish(const publication& wanted, time_point now) {
    _problems.clear();
    for (const auto& [network, content] : wanted) {
        // Peers drop entries of hosts that did not join.
        if (!_published.contains(network)) {
            auto joined = _tables.join_network(network, now);
            check(joined);
            if (!joined) continue;
        }
        network_publication& told = _published[network];
        publish_host(network, content.host_record, now);
        std::vector<std::pair<std::string, endpoint_publication>> outdated;
        for (const auto& [name, old] : told.endpoints) {
            auto still = content.endpoints.find(name);
            if (still == content.endpoints.end() || still->second != old)
                outdated.emplace_back(_keys[network][name], old);
        }
        for (const auto& [name, what] : content.endpoints)
            if (auto old = told.endpoints.find(name); old == told.endpoints.end() || old->second != what)
                create(network, name, what, now);
        for (const auto& [key, old] : outdated) remove(network, key, old, now);
        std::erase_if(_keys[network], [&wanted_now = content.endpoints](const auto& each) {
            return !wanted_now.contains(each.first);
        });
        told = content;
    }
    for (auto told = _published.begin(); told != _published.end();) {
        if (wanted.contains(told->first)) {
            ++told;
            continue;
        }
        check(_tables.leave_network(told->first, now));
        _keys.erase(told->first);
        told = _published.erase(told);
    }
    return std::exchange(_problems, {});
}

void publisher::publish_host(const std::string& network, const std::string& record, time_point now) {
    const std::string& old = _published[network].host_record;
    if (record == old) return;
    const std::string& name = _tables.self().name;
    if (!old.empty() && !record.empty())
        // A table of our own, in which updates mean updates.
        check(_tables.update(network, networkdb::host_table, name, record, now));
    else if (old.empty())
        check(_tables.create(network, networkdb::host_table, name, record, now));
    else
        check(_tables.remove(network, networkdb::host_table, name, now));
}

void publisher::create(const std::string& network, const std::string& name, const endpoint_publication& what,
                       time_point now) {
    std::string key = random_key();
    if (!what.claim.empty()) check(_tables.create(network, networkdb::claim_table, key, what.claim, now));
    // In the stock order: the place before the name.
    if (!what.peer_record.empty())
        check(_tables.create(network, networkdb::overlay_peer_table, key, what.peer_record, now));
    if (!what.endpoint_record.empty())
        check(_tables.create(network, networkdb::endpoint_table, key, what.endpoint_record, now));
    _keys[network][name] = key;
}

void publisher::remove(const std::string& network, const std::string& key, const endpoint_publication& what,
                       time_point now) {
    if (!what.endpoint_record.empty()) check(_tables.remove(network, networkdb::endpoint_table, key, now));
    if (!what.peer_record.empty()) check(_tables.remove(network, networkdb::overlay_peer_table, key, now));
    if (!what.claim.empty()) check(_tables.remove(network, networkdb::claim_table, key, now));
}

void publisher::check(const result<void>& done) {
    if (!done) _problems.push_back(done.failure().message);
}

std::string publisher::key_of(const std::string& network, const std::string& endpoint) const {
    auto in = _keys.find(network);
    if (in == _keys.end()) return {};
    auto found = in->second.find(endpoint);
    return found == in->second.end() ? std::string() : found->second;
}

std::string publisher::random_key() {
    constexpr char digits[] = "0123456789abcdef";
    std::string key;
    for (int i = 0; i < 64; ++i) key += digits[_random.below(16)];
    return key;
}

}  // namespace waggle::gossip
