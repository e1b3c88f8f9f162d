#include <algorithm>

#include "control/gossip/networkdb/codec.hh"
#include "control/gossip/networkdb/network_db.hh"

/// What happens by itself as time goes on.
namespace waggle::networkdb {

void network_db::advance(time_point now) {
    if (now >= _next_gossip) gossip_tables(now);
    if (now >= _next_reconnect) reconnect(now);
    if (now >= _next_bulk_sync) sync_periodically(now);
    ask_again(now);
    std::vector<std::string> silent;
    for (const auto& [name, awaited] : _awaited)
        if (now >= awaited.deadline) silent.push_back(name);
    for (const std::string& name : silent) {
        ++_counters.bulk_syncs_timed_out;
        end_sync(name, false, now);
    }
    if (now >= _next_reap) reap(now);
}

time_point network_db::next_wake() const {
    time_point next = std::min({_next_gossip, _next_reconnect, _next_bulk_sync});
    for (const auto& [name, awaited] : _awaited) next = std::min(next, awaited.deadline);
    time_point due = _reapables.empty() ? gossip::never : _reapables.begin()->first;
    for (const auto& [id, own] : _own) {
        next = std::min(next, own->own->ask_again_at);
        if (const entry* first = own->own->entries.next_to_forget()) due = std::min(due, first->forget_at());
    }
    if (due != gossip::never) next = std::min(next, std::max(due, _next_reap));
    return next;
}

void network_db::wake_gossip(time_point now) {
    // At once after a pause, with a moment for what else happens now.
    if (_next_gossip == gossip::never)
        _next_gossip =
            std::max(now + _settings.gossip_interval / 20, _last_gossip + _settings.gossip_interval);
}

void network_db::gossip_tables(time_point now) {
    _last_gossip = now;
    _next_gossip = gossip::never;
    for (const auto& [id, own] : _own) {
        gossip_network(*own, now);
        if (!own->own->own_events.empty() || !own->own->heard_events.empty()) wake_gossip(now);
    }
}

void network_db::gossip_network(network& about, time_point now) {
    own_network& own = *about.own;
    if (own.leaving || (own.own_events.empty() && own.heard_events.empty())) return;
    std::vector<node*> chosen = random_members(about, _settings.gossip_nodes);
    // Without anybody to tell, what waits is known to all. Whoever comes asks by bulk sync.
    unsigned limit = gossip::retransmit_limit(_settings.retransmit_multiplier, about.members.size());
    // More packets only for what was not sent in this interval yet.
    std::size_t unsent = own.own_events.size() + own.heard_events.size();
    for (unsigned packet = 0; packet < _settings.packets_per_interval && unsent > 0; ++packet) {
        std::vector<gossip::bytes> messages;
        std::vector<std::string> parts;
        std::size_t left = _settings.message_limit - compound_overhead;
        if (now < own.announce_until) {
            parts.push_back(encode(
                network_event{membership_change::join, _self->find(about)->time, _self->name, about.id}));
            left -= parts.back().size() + compound_part_overhead;
        }
        std::size_t used = own.own_events.take(compound_part_overhead, left, limit, messages);
        own.heard_events.take(compound_part_overhead, left - used, limit, messages);
        if (messages.empty()) break;
        unsent -= std::min(unsent, messages.size());
        for (const gossip::bytes& each : messages) parts.emplace_back(gossip::text_of(each));
        std::string compound = encode_compound(parts);
        for (const node* to : chosen)
            _effects.packets.push_back({to->address, gossip::copy_of(gossip::view_of(compound))});
    }
}

std::vector<node*> network_db::random_members(const network& of, std::size_t count) {
    std::vector<node*> chosen;
    std::size_t others = of.members.size();
    if (_self->find(of)->position != attachment::no_position) --others;
    if (others <= count) {
        for (node* each : of.members)
            if (each != _self) chosen.push_back(each);
        return chosen;
    }
    while (chosen.size() < count) {
        node* candidate = of.members[_random.below(of.members.size())];
        if (candidate != _self && std::ranges::find(chosen, candidate) == chosen.end())
            chosen.push_back(candidate);
    }
    return chosen;
}

void network_db::get_broadcasts(std::size_t overhead, std::size_t limit, std::vector<gossip::bytes>& out) {
    unsigned times = gossip::retransmit_limit(_settings.retransmit_multiplier, _active);
    std::size_t used = _network_events.take(overhead, limit, times, out);
    if (used < limit) _node_events.take(overhead, limit - used, times, out);
}

void network_db::delivery_ended(std::uint64_t id, bool delivered, time_point now) {
    auto ended = _deliveries.find(id);
    if (ended == _deliveries.end()) return;
    std::string to = ended->second;
    _deliveries.erase(ended);
    if (!delivered && !to.empty() && _awaited.contains(to)) end_sync(to, false, now);
}

void network_db::reap_later(const std::string& node, const std::string& network, time_point when) {
    _reapables.emplace(when, reapable{node, network});
}

void network_db::reap_entries(network& of, time_point now) {
    while (entry* first = of.own->entries.next_to_forget()) {
        if (first->forget_at() > now) return;
        forget(of, first);
    }
}

void network_db::reap(time_point now) {
    _next_reap = now + _settings.reap_step;
    forget_early(now);
    for (const auto& [id, own] : _own) reap_entries(*own, now);
    while (!_reapables.empty() && _reapables.begin()->first <= now) {
        reapable due = std::move(_reapables.begin()->second);
        _reapables.erase(_reapables.begin());
        node* who = _roster.find_node(due.node);
        if (who == nullptr) continue;
        if (due.network.empty()) {
            // It may have returned, or failed again later.
            if (who->forget_at > now) continue;
            mark_left(*who, now);
            _roster.erase_node(*who);
            continue;
        }
        network* in = _roster.find_network(due.network);
        attachment* of = in != nullptr ? who->find(*in) : nullptr;
        if (of == nullptr || !of->leaving) continue;
        if (who == _self) {
            if (in->own->forget_at > now) continue;
            drop_entries(*of, false);
            _own.erase(in->id);
            in->own.reset();
            _roster.detach(*_self, *in);
        } else if (of->forget_at <= now) {
            _roster.detach(*who, *in);
        }
    }
}

}  // namespace waggle::networkdb
