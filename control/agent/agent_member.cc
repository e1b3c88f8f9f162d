#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <utility>

#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>

#include "config/describe.hh"
#include "config/private_file.hh"
#include "control/agent/agent.hh"
#include "control/agent/member_views.hh"

namespace waggle::control {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds first_join_pause{5};
constexpr seconds longest_join_pause{60};
constexpr seconds gossip_pause{5};

/// The one word of a token file.
std::string token_in(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return {};
    return std::string(text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1));
}

}  // namespace

result<void> agent::open_membership() {
    const config::config& file = _endpoints.file();
    _swarm_in_file = file.swarm.has_value();
    std::error_code failed;
    const bool has_identity = std::filesystem::exists(member_directory(), failed) &&
                              !std::filesystem::is_empty(member_directory(), failed);
    if (file.gossip) {
        if (has_identity)
            spdlog::warn(
                "the identity of a member of a Docker swarm in {} is not used, as the file has a section "
                "gossip",
                member_directory());
        return {};
    }
    if (!_swarm_in_file && !has_identity) return {};
    if (auto made = make_member(); !made) return made;
    imply_swarm();
    join_from_file();
    return {};
}

result<void> agent::make_member() {
    auto made = member_host::open(
        [this](swarm::membership::callbacks told) {
            return swarm::membership::open(
                _context, {member_directory(), node().runtime_directory, node().name}, std::move(told));
        },
        [this] { on_swarm_changed(); });
    if (!made) return error{"can't take part in a Docker swarm: " + made.failure().message};
    _member = std::move(*made);
    return {};
}

void agent::imply_swarm() {
    config::config file = _endpoints.file();
    if (file.swarm) return;
    file.swarm.emplace();
    _endpoints.rebase(file);
}

void agent::join_from_file() {
    const auto& section = _endpoints.file().swarm;
    if (_stopped || !_member || !section || section->managers.empty()) return;
    if (_member->view().phase != swarm::phase::outside && _member->view().phase != swarm::phase::joining)
        return;
    if (!_member->attempt().running) {
        std::vector<std::string> managers;
        for (const config::seed& each : section->managers) managers.push_back(to_string(each));
        // Read again each time: it may have been put right.
        auto text = config::read_private_file(section->token);
        if (!text) {
            _member->could_not_join(text.failure().message);
        } else if (auto begun = _member->join(token_in(text->view()), std::move(managers), [] {}); !begun) {
            _member->could_not_join(begun.failure().message);
        }
    }
    _join_pause = std::clamp(2 * _join_pause, first_join_pause, longest_join_pause);
    _join_timer.expires_after(_join_pause);
    _join_timer.async_wait([this](boost::system::error_code cancelled) {
        if (!cancelled) join_from_file();
    });
}

std::optional<refusal> agent::join(std::string token, std::vector<std::string> managers) {
    const config::config& file = _endpoints.file();
    if (file.gossip || file.node.docker_encryption) {
        wipe(token);
        return refusal{
            409,
            std::string("the configuration file has ") +
                (file.gossip ? "a section gossip" : "node.docker_encryption") +
                ", which a member of a Docker swarm can't have; remove it and restart waggle-control",
            {}};
    }
    if (!_member)
        if (auto made = make_member(); !made) return refusal{500, made.failure().message, {}};
    auto begun = _member->join(std::move(token), std::move(managers), [this] {
        spdlog::info("this host is a member of a Docker swarm, as node {}", _member->view().node_id);
        imply_swarm();
    });
    if (!begun) return refusal{409, begun.failure().message, {}};
    return std::nullopt;
}

std::optional<refusal> agent::leave() {
    if (!_member) return refusal{409, "this host is not a member of a Docker swarm", {}};
    if (auto begun = _member->begin_leave(); !begun) return refusal{409, begun.failure().message, {}};
    spdlog::info("this host leaves the Docker swarm");
    _join_timer.cancel();
    quit_gossip([this] {
        _member->finish_leave([this] { boost::asio::post(_context, [this] { end_membership(); }); });
    });
    recompute();
    return std::nullopt;
}

void agent::quit_gossip(std::function<void()> done) {
    _gossip_keys.clear();
    auto told = [this, done = std::move(done)] {
        boost::asio::post(_context, [this, done] {
            _left_swarm.reset();
            done();
            // A swarm joined meanwhile has waited for the port.
            recompute_soon();
        });
    };
    if (!_swarm) return told();
    _left_swarm = std::move(_swarm);
    _left_swarm->forget_hosts();
    _left_swarm->stop(true, std::move(told));
}

void agent::end_membership() {
    spdlog::info("this host has left the Docker swarm");
    if (_swarm_in_file || _stopped) return;
    _member.reset();
    config::config file = _endpoints.file();
    file.swarm.reset();
    _endpoints.rebase(file);
    recompute();
}

node_view agent::membership() const {
    if (_member) return node_view_of(*_member, node().name, steady_clock::now());
    node_view outside;
    outside.name = node().name;
    return outside;
}

void agent::follow_membership() {
    if (_member) _member->follow(_endpoints.merged());
    follow_member_keys();
    if (_member) follow_member_gossip();
}

void agent::configure_encryption(const config::config& with) {
    key_material keys = _file_keys;
    if (_member_keys) keys.docker = *_member_keys;
    _encryption.configure(with, std::move(keys), steady_clock::now());
}

void agent::follow_member_keys() {
    std::optional<docker_keyring> keys;
    if (_member && !_member->is_leaving()) keys = docker_keys_of(_member->view());
    if (keys == _member_keys && base().overlays == _overlays_with_keys &&
        !std::exchange(_file_keys_changed, false))
        return;
    _member_keys = std::move(keys);
    _overlays_with_keys = base().overlays;
    config::config with;
    with.node = node();
    with.overlays = base().overlays;
    with.peers = base().peers;
    configure_encryption(with);
}

void agent::follow_member_gossip() {
    const swarm::view& view = _member->view();
    if (_swarm && view.phase == swarm::phase::expelled) return quit_gossip([] {});
    // What is told of the leave has the port still.
    if (!_member->is_member() || view.gossip_keys.empty() || _left_swarm) return;
    if (_swarm) _swarm->set_seeds(seeds_of(*base().gossip));
    if (_swarm && view.gossip_keys == _gossip_keys) return;
    auto keys = gossip_keys_of(view);
    if (keys && _swarm) {
        _swarm->set_keys(std::move(*keys));
        _gossip_keys = view.gossip_keys;
        return;
    }
    std::string failure;
    if (!keys) {
        failure = keys.failure().message;
    } else {
        auto made = swarm_host::make(
            _context, base(), std::move(*keys),
            {.changed = [this] { on_swarm_changed(); }, .places_changed = [this] { on_places_changed(); }});
        if (made) {
            _swarm = std::move(*made);
            _gossip_keys = view.gossip_keys;
            _gossip_failure.clear();
            return;
        }
        failure = made.failure().message;
    }
    if (failure != _gossip_failure)
        spdlog::warn("can't take part in the gossip of the Docker swarm: {}", failure);
    _gossip_failure = failure;
    _gossip_timer.expires_after(gossip_pause);
    _gossip_timer.async_wait([this](boost::system::error_code cancelled) {
        if (!cancelled) recompute();
    });
}

}  // namespace waggle::control
