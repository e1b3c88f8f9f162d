#include <chrono>

#include <spdlog/spdlog.h>

#include "control/agent/agent.hh"

namespace waggle::control {
namespace {

/// Changes of the swarm that come in one go are worked off in one go.
constexpr std::chrono::milliseconds gathering{20};

}  // namespace

result<void> agent::join_swarm() {
    if (!_endpoints.merged().gossip) return {};
    auto made = swarm_host::make(_context, _endpoints.merged(), {.changed = [this] { on_swarm_changed(); }});
    if (!made) return error{"can't take part in the gossip: " + made.failure().message};
    _swarm = std::move(*made);
    return {};
}

void agent::follow_swarm() {
    if (!_swarm) {
        _effective = _endpoints.merged();
        return;
    }
    _swarm->follow(_endpoints.merged(), {});
    swarm_config heard = _swarm->add_to(_endpoints.merged());
    _effective = std::move(heard.config);
    _swarm_problems = std::move(heard.problems);
}

void agent::on_swarm_changed() {
    if (_stopped || _recompute_posted) return;
    _recompute_posted = true;
    _swarm_timer.expires_after(gathering);
    _swarm_timer.async_wait([this](boost::system::error_code) {
        _recompute_posted = false;
        recompute();
    });
}

bool agent::swarm_is_known() const {
    return !_swarm || _swarm->settled();
}

}  // namespace waggle::control
