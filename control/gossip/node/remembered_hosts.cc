#include "control/gossip/node/remembered_hosts.hh"

#include <algorithm>

namespace waggle::gossip {

remembered_hosts::remembered_hosts(const std::vector<ip_endpoint>& former, std::size_t limit)
    : _limit(limit) {
    for (const ip_endpoint& host : former)
        if (_hosts.size() < limit && place_of(host) == _hosts.size()) _hosts.push_back(host);
}

std::size_t remembered_hosts::place_of(const ip_endpoint& host) const {
    return static_cast<std::size_t>(std::ranges::find(_hosts, host) - _hosts.begin());
}

void remembered_hosts::came(const ip_endpoint& host) {
    if (_present == _limit) return;
    const std::size_t place = place_of(host);
    if (place < _present) return;
    if (place < _hosts.size()) {
        _hosts.erase(_hosts.begin() + static_cast<std::ptrdiff_t>(place));
    } else if (_hosts.size() == _limit) {
        _hosts.pop_back();
    }
    _hosts.insert(_hosts.begin() + static_cast<std::ptrdiff_t>(_present), host);
    ++_present;
}

void remembered_hosts::fell_silent(const ip_endpoint& host) {
    const std::size_t place = place_of(host);
    if (place >= _present) return;
    --_present;
    const auto first = _hosts.begin() + static_cast<std::ptrdiff_t>(place);
    std::rotate(first, first + 1, _hosts.begin() + static_cast<std::ptrdiff_t>(_present) + 1);
}

void remembered_hosts::left(const ip_endpoint& host) {
    const std::size_t place = place_of(host);
    if (place == _hosts.size()) return;
    if (place < _present) --_present;
    _hosts.erase(_hosts.begin() + static_cast<std::ptrdiff_t>(place));
}

}  // namespace waggle::gossip
