#include <chrono>

#include <spdlog/spdlog.h>

#include "control/agent/agent.hh"
#include "control/agent/gossip_keys.hh"

namespace waggle::control {
namespace {

/// Changes of the swarm that come in one go are worked off in one go.
constexpr std::chrono::milliseconds gathering{20};

}  // namespace

result<void> agent::join_swarm() {
    if (!_endpoints.merged().gossip) return {};
    auto keys = read_gossip_keys(_endpoints.merged().gossip->keys);
    if (!keys) return error{"can't take part in the gossip: " + keys.failure().message};
    auto made = swarm_host::make(_context, _endpoints.merged(), std::move(*keys),
                                 {.changed = [this] { on_swarm_changed(); }});
    if (!made) return error{"can't take part in the gossip: " + made.failure().message};
    _swarm = std::move(*made);
    return {};
}

void agent::follow_swarm() {
    follow_membership();
    follow_gossip();
    if (_member) limit_mtus(_effective, _member->config().mtu_limits, _facts);
}

void agent::follow_gossip() {
    _swarm_problems.clear();
    if (!_swarm) {
        _effective = base();
        _encryption.set_peers(_effective.peers);
        return;
    }
    std::map<vni, std::string> announcements;
    for (const auto& own : _encryption.announcements())
        for (const config::overlay& overlay : base().overlays)
            if (overlay.name == own.overlay)
                announcements[overlay.id].assign(own.bytes.begin(), own.bytes.end());
    _swarm->follow(_member ? told_to_swarm(_member->config()) : _endpoints.merged(), announcements);
    accept_announcements();
    swarm_config heard = _swarm->add_to(base());
    _effective = std::move(heard.config);
    _swarm_problems = std::move(heard.problems);
    _encryption.set_peers(_effective.peers);
}

void agent::accept_announcements() {
    std::set<std::string> heard;
    bool changed = false;
    for (auto& [overlay, text] : _swarm->announcements(base())) {
        // Each is checked once; what a stranger to the secret says is not worth a line each time.
        if (!_announcements_heard.contains(text)) {
            const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
            auto accepted = _encryption.accept({bytes, text.size()}, std::chrono::steady_clock::now());
            if (!accepted)
                spdlog::warn("a key announcement for VNI {} is refused: {}", overlay.to_string(),
                             accepted.failure().message);
            changed = changed || (accepted && *accepted);
        }
        heard.insert(std::move(text));
    }
    _announcements_heard = std::move(heard);
    if (changed) encryption_changed();
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

bool agent::waits_for_managers() const {
    // Nothing is learned of other hosts without keys, and what the dataplane has is as good as it gets.
    return _member && _member->is_member() && _member->view().gossip_keys.empty();
}

bool agent::swarm_is_known() const {
    if (_member && !_member->settled()) return false;
    // The gossip of a Docker swarm begins with the managers' keys.
    if (_member && _member->is_member() && !_swarm) return false;
    return !_swarm || _swarm->settled();
}

}  // namespace waggle::control
