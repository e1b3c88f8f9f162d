#include "control/agent/member_views.hh"

#include <algorithm>

namespace waggle::control {
namespace {

using swarm::phase;

std::string text_of(phase which) {
    switch (which) {
        case phase::outside:
            return "outside";
        case phase::joining:
            return "joining";
        case phase::disconnected:
            return "disconnected";
        case phase::ready:
            return "ready";
        case phase::expelled:
            return "expelled";
    }
    return "unknown";
}

std::int64_t seconds_since_1970(std::chrono::system_clock::time_point when) {
    return std::chrono::duration_cast<std::chrono::seconds>(when.time_since_epoch()).count();
}

void add_keys(const std::vector<swarm::session_key>& keys, const char* purpose, const member_host& member,
              moment now, node_view& view) {
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const auto seen = member.keys_seen().find(keys[i].lamport_time);
        const auto age = seen == member.keys_seen().end() ? moment::duration{} : now - seen->second;
        view.keys.push_back(
            {purpose, keys[i].key.fingerprint(), keys[i].lamport_time,
             static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(age).count()),
             i == (keys.size() - 1) / 2});
    }
}

}  // namespace

node_view node_view_of(const member_host& member, const std::string& name, moment now) {
    const swarm::view& from = member.view();
    node_view view;
    view.name = name;
    view.state = text_of(from.phase);
    view.problem = from.problem;
    view.id = from.node_id;
    view.cluster = from.cluster_id;
    view.role = from.role;
    view.certificate_begins = seconds_since_1970(from.certificate_begins);
    view.certificate_ends = seconds_since_1970(from.certificate_ends);
    view.renewal = seconds_since_1970(from.renewal);
    for (const swarm::manager& each : from.managers)
        view.managers.push_back(
            {each.node_id, each.address, each.weight, each.address == from.session_manager});
    add_keys(from.gossip_keys, "gossip", member, now, view);
    add_keys(from.ipsec_keys, "ipsec", member, now, view);
    view.attachments = from.attachments.size();
    view.tasks_rejected = from.tasks_rejected;
    view.data_path_port = from.vxlan_port;
    const member_attempt& attempt = member.attempt();
    if (attempt.what != member_attempt::kind::none)
        view.asked = attempt.what == member_attempt::kind::join ? "join" : "leave";
    view.asked_running = attempt.running;
    view.asked_failure = attempt.failure;
    return view;
}

void add_docker_networks(const swarm::view& member, std::vector<network_view>& views) {
    for (const auto& [id, network] : member.networks) {
        auto known = std::ranges::find(views, id, &network_view::id);
        if (known == views.end()) {
            views.emplace_back().id = id;
            known = views.end() - 1;
        }
        known->name = network.name;
        known->encrypted = network.encrypted;
        for (const swarm::network_subnet& each : network.subnets)
            known->subnets.push_back(each.subnet.to_string());
        if (const auto own = member.load_balancers.find(id); own != member.load_balancers.end())
            known->load_balancer = own->second.address.to_string();
    }
    std::ranges::sort(views, {}, &network_view::id);
}

std::string member_line(const swarm::view& member) {
    switch (member.phase) {
        case phase::outside:
            return "not a member";
        case phase::joining:
            return "not a member yet: joining";
        case phase::disconnected:
            return "no session with a manager, as " + member.role + " " + member.node_id +
                   "; forwarding goes on as it was";
        case phase::expelled:
            return "not a member any more, was node " + member.node_id;
        case phase::ready:
            break;
    }
    return (member.problem.empty() ? "healthy " : "not healthy: ") + member.role + " " + member.node_id +
           ", session with " + member.session_manager;
}

std::vector<std::string> member_problems(const member_host& member, const config::node& node, bool expected) {
    const swarm::view& view = member.view();
    std::vector<std::string> problems = member.config().problems;
    // Whoever tried to join by command was told.
    if (!view.problem.empty() && (expected || view.phase != phase::outside))
        problems.push_back("Docker swarm: " + view.problem);
    const member_attempt& attempt = member.attempt();
    // What came of it otherwise is told by the phase.
    if (expected && !attempt.failure.empty() && view.problem.empty())
        problems.push_back(std::string("Docker swarm: this host could not ") +
                           (attempt.what == member_attempt::kind::join ? "join: " : "leave: ") +
                           attempt.failure);
    if (expected && view.phase == phase::outside && attempt.failure.empty())
        problems.emplace_back("this host is not a member of a Docker swarm; `waggle join` makes it one");
    if (view.phase == phase::disconnected && view.problem.empty())
        problems.emplace_back(
            "Docker swarm: there is no session with a manager; forwarding goes on as it was, `waggle node` "
            "tells more");
    if (!node.vtep_v4 && view.phase == phase::ready)
        problems.emplace_back(
            "stock hosts of the Docker swarm reach this host by IPv4 only; set node.vtep.ipv4 and restart");
    return problems;
}

}  // namespace waggle::control
