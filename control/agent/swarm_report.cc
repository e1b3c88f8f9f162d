#include "control/agent/swarm_report.hh"

#include <algorithm>
#include <utility>

namespace waggle::control {

std::vector<swarm_report::member> members_of(const gossip::gossip_node& node) {
    std::vector<swarm_report::member> members;
    node.members().for_each([&](const gossip::member& who) {
        if (&who == &node.members().self()) return;
        swarm_report::member& made = members.emplace_back();
        made.name = who.name;
        made.address = who.address;
        made.state = who.state;
        made.incarnation = who.incarnation;
        made.state_since = who.state_since;
        made.last_heard = who.last_heard;
        const networkdb::node* known = node.tables().everyone().find_node(who.name);
        if (known == nullptr) return;
        for (const networkdb::attachment& each : known->attachments)
            if (!each.leaving) made.networks.push_back(each.network->id);
        std::ranges::sort(made.networks);
    });
    std::ranges::sort(members, {}, &swarm_report::member::name);
    return members;
}

void traffic_rates::add(const sample& now, std::chrono::steady_clock::time_point when) {
    _samples.emplace_back(when, now);
    // One that is older than the window stays, as the beginning of it.
    while (_samples.size() > 2 && when - _samples[1].first >= window) _samples.pop_front();
}

void traffic_rates::fill(gossip_view& view) const {
    if (_samples.size() < 2) return;
    const auto& [began, first] = _samples.front();
    const auto& [ended, last] = _samples.back();
    const double seconds = std::chrono::duration<double>(ended - began).count();
    if (seconds <= 0) return;
    auto rate = [&](std::uint64_t from, std::uint64_t to) {
        return static_cast<double>(to - from) / seconds;
    };
    view.packets_received_rate = rate(first.packets_received, last.packets_received);
    view.packets_sent_rate = rate(first.packets_sent, last.packets_sent);
    view.bytes_received_rate = rate(first.bytes_received, last.bytes_received);
    view.bytes_sent_rate = rate(first.bytes_sent, last.bytes_sent);
}

traffic_rates::sample sample_of(const gossip::transport_counters& counters) {
    return {counters.packets_received, counters.packets_sent,
            counters.packet_bytes_received + counters.stream_bytes_received,
            counters.packet_bytes_sent + counters.stream_bytes_sent};
}

void fill_counters(const swarm_report& report, const gossip::transport_counters& wire,
                   std::uint64_t records_refused, gossip_view& view) {
    const gossip::memberlist_counters& members = report.membership;
    const networkdb::networkdb_counters& tables = report.tables;
    view.counters = {{"packets_received", wire.packets_received},
                     {"packet_bytes_received", wire.packet_bytes_received},
                     {"packets_sent", wire.packets_sent},
                     {"packet_bytes_sent", wire.packet_bytes_sent},
                     {"streams_accepted", wire.streams_accepted},
                     {"streams_opened", wire.streams_opened},
                     {"stream_bytes_received", wire.stream_bytes_received},
                     {"stream_bytes_sent", wire.stream_bytes_sent},
                     {"probes", members.probes},
                     {"probes_failed", members.probes_failed},
                     {"suspicions", members.suspicions},
                     {"deaths", members.deaths},
                     {"refutations", members.refutations},
                     {"push_pulls", members.push_pulls},
                     {"push_pulls_failed", members.push_pulls_failed},
                     {"table_events", tables.table_events},
                     {"stale_events", tables.stale_events},
                     {"bulk_syncs_sent", tables.bulk_syncs_sent},
                     {"bulk_syncs_received", tables.bulk_syncs_received},
                     {"bulk_syncs_timed_out", tables.bulk_syncs_timed_out}};
    const std::vector<std::pair<std::string, std::uint64_t>> refused{
        {"wrong_key", wire.wrong_key},
        {"not_sealed", wire.not_sealed},
        {"malformed", wire.malformed + members.malformed},
        {"undecodable", tables.undecodable},
        {"records_refused", records_refused},
        {"ownerless_events", tables.ownerless_events},
        {"over_limit", tables.over_limit},
        {"name_conflicts", members.name_conflicts},
        {"streams_refused", wire.streams_refused},
        {"packets_unsent", wire.packets_unsent}};
    view.refusals.clear();
    for (const auto& [name, value] : refused) {
        view.counters.emplace(name, value);
        view.refusals.push_back(name);
    }
}

}  // namespace waggle::control
