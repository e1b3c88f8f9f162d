#include <algorithm>
#include <chrono>
#include <utility>

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
    auto made = swarm_host::make(
        _context, _endpoints.merged(), std::move(*keys),
        {.changed = [this] { on_swarm_changed(); }, .places_changed = [this] { on_places_changed(); }});
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
    // All that changed so far is in here.
    _swarm->take_touched();
    swarm_config heard = _swarm->add_to(base());
    _effective = std::move(heard.config);
    _given_endpoints = heard.given;
    _swarm_problems = std::move(heard.problems);
    _encryption.set_peers(_effective.peers);
}

void agent::accept_announcements() {
    std::set<std::string> heard;
    std::map<vni, std::set<std::string>> by_overlay;
    bool changed = false;
    for (const config::overlay& overlay : base().overlays) by_overlay[overlay.id];
    for (auto& [overlay, text] : _swarm->announcements(base())) {
        by_overlay[overlay].insert(text);
        // What others have among themselves.
        if (!_encryption.exchanges_on(overlay)) continue;
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
    for (auto& [overlay, texts] : by_overlay) _encryption.hear(overlay, std::move(texts));
    if (changed) encryption_changed();
}

void agent::on_swarm_changed() {
    if (_stopped || _recompute_posted) return;
    _recompute_posted = true;
    // Even if everything changes all the time, most of the time is left for other things.
    _swarm_timer.expires_after(std::max<std::chrono::steady_clock::duration>(gathering, 4 * _recompute_took));
    _swarm_timer.async_wait([this](boost::system::error_code) {
        _recompute_posted = false;
        recompute();
    });
}

void agent::on_places_changed() {
    if (_stopped || _recompute_posted) return;
    const shared_state desired = _reconciler.desired();
    if (!desired) return on_swarm_changed();
    const auto change = _places.follow(_swarm->tables(), _swarm->take_touched(), *desired);
    if (!change) return on_swarm_changed();
    _places_outdated = true;
    if (change->empty()) return;
    _reconciler.amend(*change, std::chrono::steady_clock::now());
    drive();
}

void agent::follow_places_from(const api::state& state) {
    if (!_swarm) return;
    _places.reset(base(), _effective, _given_endpoints, _swarm->tables(), state);
    // Only views need them, which ask seldom and can wait for them; they would take more memory than all
    // else.
    _effective.endpoints.resize(_given_endpoints);
    _effective.endpoints.shrink_to_fit();
    _places_outdated = true;
}

void agent::bring_views_up_to_date() const {
    if (!_swarm || !std::exchange(_places_outdated, false)) return;
    swarm_config heard = _swarm->add_to(base());
    _effective = std::move(heard.config);
    if (_member) limit_mtus(_effective, _member->config().mtu_limits, _facts);
    _swarm_problems = std::move(heard.problems);
    _desired.problems = compute_desired_state(_effective, _facts).problems;
}

bool agent::waits_for_managers() const {
    if (!_member || !_member->is_member()) return false;
    // Without keys or anybody who answers nothing is learned of other hosts, and what the dataplane has is as
    // good as it gets.
    if (_member->view().gossip_keys.empty()) return true;
    return _swarm && !_swarm->report().connected && _member->view().phase == swarm::phase::disconnected;
}

bool agent::swarm_is_known() const {
    if (_member && !_member->settled()) return false;
    // The gossip of a Docker swarm begins with the managers' keys.
    if (_member && _member->is_member() && !_swarm) return false;
    return !_swarm || _swarm->settled();
}

}  // namespace waggle::control
