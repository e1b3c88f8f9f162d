#include "control/agent/link_gate.hh"

#include <algorithm>

namespace waggle::control {

std::vector<container_link> link_gate::open(const std::vector<container_link>& desired,
                                            const shared_state& in_force) {
    if (in_force) {
        _taps.clear();
        for (const auto& [name, port] : in_force->ports)
            if (std::holds_alternative<api::tap_port>(port.kind)) _taps.emplace(name, port.mtu);
    }
    std::vector<container_link> links;
    _wanted.clear();
    for (const container_link& each : desired) {
        auto tap = _taps.find(each.tap);
        if (tap == _taps.end()) continue;
        links.push_back(each);
        links.back().mtu = std::min(each.mtu, tap->second);
        _wanted.emplace(each.endpoint, each.tap);
        _taps_of_link[each.endpoint].insert(each.tap);
    }
    return links;
}

std::set<std::string> link_gate::taps_in_use() const {
    std::set<std::string> taps;
    for (const auto& [endpoint, of_link] : _taps_of_link) taps.insert(of_link.begin(), of_link.end());
    return taps;
}

void link_gate::reported(const link_status& status) {
    auto wanted = _wanted.find(status.endpoint);
    if (status.condition == link_condition::removed) {
        _statuses.erase(status.endpoint);
        _taps_of_link.erase(status.endpoint);
        // Wanted again in the meantime: it is on its way to this TAP.
        if (wanted != _wanted.end()) _taps_of_link[status.endpoint] = {wanted->second};
        return;
    }
    _statuses[status.endpoint] = status;
    if (status.condition == link_condition::attached && wanted != _wanted.end())
        _taps_of_link[status.endpoint] = {wanted->second};
}

const link_status* link_gate::status_of(const std::string& endpoint) const {
    auto known = _statuses.find(endpoint);
    return known == _statuses.end() ? nullptr : &known->second;
}

}  // namespace waggle::control
