#include "control/gossip/memberlist/suspicion.hh"

#include <algorithm>
#include <cmath>
#include <utility>

namespace waggle::gossip {

suspicion::suspicion(std::string accuser, unsigned multiplier, unsigned max_multiplier, std::size_t members,
                     duration probe_interval, time_point now)
    : _wished(multiplier > 2 ? multiplier - 2 : 0), _start(now) {
    // Without the own host and the suspect there must be enough left to confirm.
    if (members < _wished + std::size_t{2}) _wished = 0;
    const double scale = std::max(1.0, std::log10(static_cast<double>(std::max<std::size_t>(1, members))));
    _shortest = duration(
        static_cast<duration::rep>(multiplier * scale * static_cast<double>(probe_interval.count())));
    _longest = _shortest * max_multiplier;
    _accusers.push_back(std::move(accuser));
}

bool suspicion::confirm(const std::string& accuser) {
    if (_accusers.size() > _wished) return false;
    if (std::find(_accusers.begin(), _accusers.end(), accuser) != _accusers.end()) return false;
    _accusers.push_back(accuser);
    return true;
}

time_point suspicion::deadline() const {
    if (_wished == 0) return _start + _shortest;
    const auto confirmations = static_cast<double>(_accusers.size() - 1);
    const double part = std::log(confirmations + 1) / std::log(static_cast<double>(_wished) + 1);
    const double time =
        static_cast<double>(_longest.count()) - part * static_cast<double>((_longest - _shortest).count());
    return _start + std::max(_shortest, duration(static_cast<duration::rep>(time)));
}

}  // namespace waggle::gossip
