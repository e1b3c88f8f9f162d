#include <algorithm>
#include <set>
#include <utility>

#include "control/gossip/networkdb/codec.hh"
#include "control/gossip/networkdb/compound_writer.hh"
#include "control/gossip/networkdb/network_db.hh"

/// Bulk sync: all entries of the networks in common, both ways, over a stream.
namespace waggle::networkdb {
namespace {

gossip::bytes as_bytes(const std::string& text) {
    return gossip::copy_of(gossip::view_of(text));
}

}  // namespace

void network_db::handle(const bulk_sync& sync, time_point now) {
    ++_counters.bulk_syncs_received;
    _table_clock.witness(sync.time);
    handle(sync.payload, true, 1, now);
    // The answer carries a later time than the request (29 tells answers from others by it).
    if (auto awaited = _awaited.find(sync.sender);
        awaited != _awaited.end() && sync.time > awaited->second.request)
        end_sync(sync.sender, true, now);
    if (!sync.unsolicited) return;
    // A failed node that can reach this host waits for its answer too (29).
    node* sender = _roster.find_node(sync.sender);
    if (sender == nullptr) {
        // A host that has just come asks before the member list has told of it. Stock never answers.
        hold(sync.sender, encode(bulk_sync{sync.time, true, sync.sender, sync.networks, encode_compound({})}),
             now);
        // When its turn comes it counts.
        --_counters.bulk_syncs_received;
        return;
    }
    if (sender == _self || sender->state == node_state::left) return;
    std::set<std::string> wanted(sync.networks.begin(), sync.networks.end());
    std::vector<std::string> networks;
    for (const std::string& each : wanted)
        if (live_network(each) != nullptr) networks.push_back(each);
    send_bulk_sync(*sender, networks, false, now);
}

std::vector<std::string> network_db::common_networks(const node& with) const {
    std::vector<std::string> networks;
    for (const attachment& each : with.attachments)
        if (!each.leaving && each.network->own && !each.network->own->leaving)
            networks.push_back(each.network->id);
    return networks;
}

void network_db::send_bulk_sync(const node& to, const std::vector<std::string>& networks, bool unsolicited,
                                time_point now) {
    compound_writer parts;
    bool first = true;
    const auto flush = [&] {
        // The time is later than that of any request that is answered: its witness comes before.
        bulk_sync sync{_table_clock.increment(), unsolicited && first, _self->name, networks, parts.take()};
        if (sync.unsolicited) {
            const bool is_new = now < _self->since + _settings.announce_time;
            const duration patience =
                is_new ? _settings.bulk_sync_patience_at_first : _settings.bulk_sync_patience;
            _awaited[to.name] = {sync.time, now + patience, networks};
        }
        std::uint64_t id = _next_delivery++;
        _deliveries[id] = sync.unsolicited ? to.name : std::string();
        _effects.reliables.push_back({id, to.address, as_bytes(encode(sync))});
        ++_counters.bulk_syncs_sent;
        first = false;
    };
    const auto flush_if_large = [&] {
        if (parts.size() >= _settings.bulk_sync_limit) flush();
    };
    std::string key;
    for (const std::string& id : networks) {
        const network& in = *_roster.find_network(id);
        // Peers drop entries of owners that they do not know to take part; this one at least they shall know.
        parts.add(encode(network_event{membership_change::join, _self->find(in)->time, _self->name, id}));
        flush_if_large();
        in.own->entries.for_each([&](const entry& one) {
            auto left = std::chrono::seconds(0);
            if (one.forget_at() != gossip::never)
                left = std::chrono::duration_cast<std::chrono::seconds>(one.forget_at() - now);
            if (one.deleted() && left.count() < 1) return;
            one.copy_key(key);
            table_event_view event;
            event.change = one.deleted() ? table_change::remove : table_change::create;
            event.time = one.time();
            event.owner = one.owner()->name;
            event.network = id;
            event.table = one.table();
            event.key = key;
            event.value = one.value();
            event.residual_reap_time = static_cast<std::int32_t>(std::max<std::int64_t>(left.count(), 0));
            parts.add(event);
            flush_if_large();
        });
    }
    if (first || !parts.empty()) flush();
}

bool network_db::start_sync(node& with, time_point now) {
    if (_awaited.contains(with.name)) return true;
    std::vector<std::string> networks = common_networks(with);
    if (networks.empty()) return false;
    for (const std::string& id : networks) {
        own_network& own = *_roster.find_network(id)->own;
        if (own.syncing_with.empty()) own.syncing_with = with.name;
    }
    send_bulk_sync(with, networks, true, now);
    return true;
}

void network_db::end_sync(const std::string& with, bool answered, time_point now) {
    std::vector<std::string> asked;
    if (auto request = _awaited.extract(with)) asked = std::move(request.mapped().networks);
    std::vector<network*> freed;
    for (const auto& [id, own] : _own) {
        if (own->own->syncing_with != with) continue;
        own->own->syncing_with.clear();
        if (std::ranges::find(asked, id) == asked.end())
            // It waited for a request that was under way when this network was joined: its turn is now.
            own->own->sync_candidates.push_back(with);
        else if (answered) {
            ++own->own->syncs_answered;
            if (own->own->syncs_wanted > 0) --own->own->syncs_wanted;
        }
        freed.push_back(own);
    }
    for (network* each : freed) pump_syncs(*each, now);
}

void network_db::want_syncs(network& in, unsigned count, time_point now) {
    own_network& own = *in.own;
    own.sync_candidates.clear();
    for (const node* each : in.members)
        if (each != _self) own.sync_candidates.push_back(each->name);
    own.had_peers = own.had_peers || !own.sync_candidates.empty();
    _random.shuffle(own.sync_candidates.begin(), own.sync_candidates.end());
    // A host that has not heard of this one yet does not answer; the partner of the last push/pull has.
    const auto sure = std::ranges::find(own.sync_candidates, _introduced_to);
    if (sure != own.sync_candidates.end()) std::iter_swap(own.sync_candidates.begin(), sure);
    // Some more than wanted, in place of those that fail.
    if (own.sync_candidates.size() > 2 * std::size_t{count})
        own.sync_candidates.resize(2 * std::size_t{count});
    if (!own.sync_candidates.empty()) std::swap(own.sync_candidates.front(), own.sync_candidates.back());
    own.syncs_wanted = count;
    pump_syncs(in, now);
}

void network_db::begin_first_syncs(time_point now) {
    if (!std::exchange(_first_peers_came, false)) return;
    for (const auto& [id, own] : _own) {
        if (own->own->leaving || own->own->had_peers) continue;
        // What these know was missing so far.
        own->own->in_sync = false;
        want_syncs(*own, _settings.join_syncs, now);
    }
}

void network_db::pump_syncs(network& in, time_point now) {
    own_network& own = *in.own;
    while (own.syncs_wanted > 0 && own.syncing_with.empty() && !own.sync_candidates.empty()) {
        node* next = _roster.find_node(own.sync_candidates.back());
        own.sync_candidates.pop_back();
        if (next == nullptr || next->state != node_state::active) continue;
        const attachment* member = next->find(in);
        if (member == nullptr || member->leaving) continue;
        if (start_sync(*next, now) && own.syncing_with.empty()) own.syncing_with = next->name;
    }
    // As stock: whether or not the syncs succeeded, from here on events are passed on.
    if (!own.syncing_with.empty()) return;
    own.syncs_wanted = 0;
    own.in_sync = true;
    // Where many start at once, those that this host knows so far may not know it. Later the periodic syncs
    // see to it.
    const bool is_new = !own.leaving && now < _self->since + _settings.bulk_sync_interval;
    if (is_new && own.syncs_answered < std::min<std::size_t>(_settings.join_syncs, in.members.size() - 1))
        own.ask_again_at = now + _settings.bulk_sync_patience_at_first;
}

void network_db::ask_again(time_point now) {
    for (const auto& [id, in] : _own) {
        own_network& own = *in->own;
        if (now < own.ask_again_at) continue;
        own.ask_again_at = gossip::never;
        if (own.leaving || !own.syncing_with.empty() || own.syncs_answered >= _settings.join_syncs) continue;
        want_syncs(*in, _settings.join_syncs - own.syncs_answered, now);
    }
}

void network_db::sync_periodically(time_point now) {
    _next_bulk_sync = now + _settings.bulk_sync_interval;
    for (const auto& [id, own] : _own) {
        if (own->own->leaving || !own->own->syncing_with.empty()) continue;
        // Whoever is asked first answers for all networks in common; the second is asked if it does not.
        want_syncs(*own, 1, now);
    }
}

void network_db::sync_with_returned(node& who, time_point now) {
    // What it did while it was away would otherwise wait for the periodic syncs. When a whole side of a split
    // network returns, each host asks a few of them, and what it learns spreads as events.
    for (const std::string& id : common_networks(who)) {
        network& in = *_roster.find_network(id);
        if (in.own->sync_candidates.size() >= _settings.join_syncs) continue;
        in.own->sync_candidates.push_back(who.name);
        ++in.own->syncs_wanted;
        pump_syncs(in, now);
    }
}

}  // namespace waggle::networkdb
