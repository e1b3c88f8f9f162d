#include <chrono>
#include <utility>

#include <spdlog/spdlog.h>

#include "config/difference.hh"
#include "config/load.hh"
#include "control/agent/agent.hh"
#include "control/agent/gossip_keys.hh"
#include "control/agent/member_views.hh"

namespace waggle::control {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size();) {
        std::size_t end = std::min(text.find('\n', at), text.size());
        lines.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return lines;
}

}  // namespace

status_view agent::status() const {
    status_view view;
    view.node = node().name;
    auto uptime = std::chrono::steady_clock::now() - _started;
    view.uptime_seconds =
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(uptime).count());
    view.version = WAGGLE_VERSION;
    view.generation = _generation_sent;
    view.acknowledged = _generation_acknowledged;
    if (_member && (_swarm_in_file || _member->view().phase != swarm::phase::outside))
        view.swarm = member_line(_member->view());
    if (_member)
        for (std::string& each : member_problems(*_member, node(), _swarm_in_file))
            view.problems.push_back(std::move(each));
    if (_pending && waits_for_managers())
        view.problems.emplace_back(
            "the dataplane goes on with the state of an earlier waggle-control until a manager or another "
            "host of "
            "the Docker swarm answers");
    if (!_gossip_failure.empty())
        view.problems.push_back("can't take part in the gossip of the Docker swarm: " + _gossip_failure);
    // Whether the host is healthy depends on what stands there by now, too.
    summarize(sources(), view);
    view.problems.insert(view.problems.end(), _swarm_problems.begin(), _swarm_problems.end());
    return view;
}

std::vector<overlay_view> agent::overlays() const {
    return overlay_views(sources());
}

std::vector<endpoint_view> agent::endpoints() const {
    return endpoint_views(sources());
}

std::vector<peer_view> agent::peers() const {
    return all_peer_views(sources());
}

std::vector<network_view> agent::networks() const {
    std::vector<network_view> views = network_views(sources());
    if (_member) add_docker_networks(_member->view(), views);
    return views;
}

std::optional<gossip_view> agent::gossip() const {
    if (!_swarm) return std::nullopt;
    return _swarm->gossip();
}

std::vector<diff_item> agent::diff() const {
    return diff_items(_reconciler);
}

std::optional<refusal> agent::attach(const std::string& text) {
    auto checked = _endpoints.check(text);
    if (!checked) {
        std::vector<std::string> problems = lines_of(checked.failure().message);
        std::string sentence = problems.empty() ? "the endpoint is not valid" : problems.front();
        if (problems.size() == 1) problems.clear();
        return refusal{400, sentence, problems};
    }
    std::string name = checked->name;
    if (auto kept = _endpoints.keep(std::move(*checked)); !kept)
        return refusal{
            500, "endpoint " + name + " can't be kept for the next start: " + kept.failure().message, {}};
    spdlog::info("endpoint {} attached", name);
    recompute_soon();
    return std::nullopt;
}

std::optional<refusal> agent::detach(const std::string& name) {
    if (!_endpoints.contains(name)) {
        for (const config::endpoint& each : _endpoints.merged().endpoints)
            if (each.name == name)
                return refusal{409,
                               "endpoint " + name +
                                   " comes from the configuration file; remove it there and reload "
                                   "(SIGHUP to waggle-control)",
                               {}};
        return refusal{404, "there is no endpoint " + name, {}};
    }
    if (auto forgotten = _endpoints.forget(name); !forgotten)
        return refusal{500, "endpoint " + name + " can't be forgotten: " + forgotten.failure().message, {}};
    spdlog::info("endpoint {} detached", name);
    recompute_soon();
    return std::nullopt;
}

std::optional<refusal> agent::reload() {
    auto loaded = config::load_file(_config_path);
    if (auto* problems = std::get_if<std::vector<config::problem>>(&loaded)) {
        std::vector<std::string> lines;
        for (const config::problem& each : *problems) {
            lines.push_back(config::to_string(each));
            spdlog::error("{}", lines.back());
        }
        std::string sentence = "the configuration file is not valid, the one in force stays";
        spdlog::error("{}", sentence);
        return refusal{422, sentence, lines};
    }
    config::config wanted = std::move(std::get<config::config>(loaded));
    // A membership that nobody wrote into the file is none of its changes.
    if (!_swarm_in_file && !wanted.swarm) wanted.swarm = _endpoints.file().swarm;
    config::difference differences = config::compare(_endpoints.file(), wanted);
    // What takes a restart stays as it is until then, also where keys are read from.
    keep_until_restart(_endpoints.file(), wanted);
    auto refuse = [](std::string sentence) {
        spdlog::error("{}", sentence);
        return refusal{422, std::move(sentence), {}};
    };
    if (!_swarm && !_member)
        for (const config::endpoint& each : wanted.endpoints)
            if (each.addresses.empty())
                return refuse("the address of endpoint " + each.name +
                              " is to be chosen, but this process does not take part in the gossip yet; "
                              "restart waggle-control, the configuration in force stays until then");
    result<key_material> keys = read_key_files(wanted);
    if (!keys)
        return refuse("a key file can't be used, the configuration in force stays: " +
                      keys.failure().message);
    std::optional<gossip::keyring> gossip_keys;
    if (_swarm && wanted.gossip) {
        auto read = read_gossip_keys(wanted.gossip->keys);
        if (!read)
            return refuse("the gossip keys can't be used, the configuration in force stays: " +
                          read.failure().message);
        gossip_keys = std::move(*read);
    }
    for (const config::node_change& each : differences.node) {
        const bool gossip = each.key.starts_with("gossip.") || each.key.starts_with("swarm");
        spdlog::warn(
            "{}: {}{} changes from {} to {}; this takes a restart of {}, until then the old value holds",
            _config_path, gossip ? "" : "node.", each.key, each.from, each.to,
            gossip ? "waggle-control" : "both processes");
    }
    _file_keys = std::move(*keys);
    _file_keys_changed = true;
    if (gossip_keys) {
        _swarm->set_keys(std::move(*gossip_keys));
        _swarm->set_seeds(seeds_of(*wanted.gossip));
    }
    // Another secret may open what an earlier one did not.
    _announcements_heard.clear();
    _endpoints.rebase(wanted);
    for (const auto& [name, reason] : _endpoints.set_aside())
        spdlog::warn("endpoint {} was attached at run time and is set aside: {}", name, reason);
    recompute();
    encryption_changed();
    step_rotation();
    spdlog::info("{} read again: {} overlays, {} peers, {} endpoints", _config_path, wanted.overlays.size(),
                 wanted.peers.size(), wanted.endpoints.size());
    return std::nullopt;
}

}  // namespace waggle::control
