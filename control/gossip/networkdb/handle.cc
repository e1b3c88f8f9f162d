#include <algorithm>

#include "control/gossip/networkdb/codec.hh"
#include "control/gossip/networkdb/network_db.hh"

/// What is heard: which events are accepted, and which are passed on.
namespace waggle::networkdb {
namespace {

/// A compound in a bulk sync in an envelope; stock nests no deeper.
constexpr unsigned deepest = 3;

}  // namespace

void network_db::refuse(const error& why) {
    ++_counters.undecodable;
    _effects.notices.push_back({notice::importance::debug, why.message});
}

void network_db::user_message(gossip::byte_view message, time_point now) {
    handle(gossip::text_of(message), false, 0, now);
    begin_first_syncs(now);
}

void network_db::handle(std::string_view message, bool bulk, unsigned depth, time_point now) {
    if (depth > deepest) return refuse(error{"a gossip message is nested too deep"});
    if (auto seen = view_envelope(message))
        return handle_part(seen->type, seen->data, message, bulk, depth, now);
    auto decoded = decode_envelope(message);
    if (!decoded) return refuse(decoded.failure());
    handle_part(decoded->type, decoded->data, message, bulk, depth, now);
}

void network_db::handle(const table_event_view& event, std::string_view whole, bool bulk, time_point now) {
    ++_counters.table_events;
    const verdict found = accept(event, bulk, now);
    if (found == verdict::early) hold(std::string(event.owner), whole, now);
    if (found != verdict::pass_on) return;
    gossip::broadcast_queue& queue = live_network(event.network)->own->heard_events;
    if (bulk && queue.size() > _settings.longest_queue_on_sync) return;
    std::string name;
    name.reserve(event.table.size() + 1 + event.key.size());
    name.append(event.table).append("/").append(event.key);
    queue.push(std::move(name), gossip::copy_of(gossip::view_of(whole)));
    wake_gossip(now);
}

void network_db::handle_part(message_type type, std::string_view data, std::string_view whole, bool bulk,
                             unsigned depth, time_point now) {
    auto pass_on = [&] { return gossip::copy_of(gossip::view_of(whole)); };
    switch (type) {
        case message_type::node_event: {
            auto event = decode_node_event(data);
            if (!event) return refuse(event.failure());
            if (accept(*event, now)) _node_events.push({}, pass_on());
            return;
        }
        case message_type::network_event: {
            auto event = decode_network_event(data);
            if (!event) return refuse(event.failure());
            const verdict found = accept(*event, now);
            if (found == verdict::early) hold(event->node, whole, now);
            if (found != verdict::pass_on) return;
            _network_events.push(event->network + "/" + event->node, pass_on());
            return handle_early(event->node, now);
        }
        case message_type::table_event: {
            if (auto seen = view_table_event(data)) return handle(*seen, whole, bulk, now);
            auto event = decode_table_event(data);
            if (!event) return refuse(event.failure());
            return handle(table_event_view(*event), whole, bulk, now);
        }
        case message_type::bulk_sync: {
            if (bulk) return refuse(error{"a bulk sync holds another one"});
            auto sync = decode_bulk_sync(data);
            if (!sync) return refuse(sync.failure());
            return handle(*sync, now);
        }
        case message_type::compound: {
            if (auto seen = view_compound(data)) {
                for (std::string_view part : *seen) handle(part, bulk, depth + 1, now);
                return;
            }
            auto parts = decode_compound(data);
            if (!parts) return refuse(parts.failure());
            for (const std::string& part : *parts) handle(part, bulk, depth + 1, now);
            return;
        }
        case message_type::push_pull:
            return refuse(error{"a push/pull came as a user message"});
    }
}

void network_db::merge_remote_state(gossip::byte_view state, time_point now) {
    auto message = decode_envelope(gossip::text_of(state));
    if (!message) return refuse(message.failure());
    if (message->type != message_type::push_pull)
        return refuse(error{"the user state of a push/pull is another message"});
    auto remote = decode_push_pull(message->data);
    if (!remote) return refuse(remote.failure());
    accept(node_event{membership_change::join, remote->time, remote->sender}, now);
    for (const network_event& each : remote->networks)
        if (accept(each, now) == verdict::pass_on) handle_early(each.node, now);
    _introduced_to = remote->sender;
    begin_first_syncs(now);
}

gossip::bytes network_db::local_state(bool join, time_point) {
    if (join) {
        // Peers that think this host left a network accept it again.
        lamport_time time = _network_clock.increment();
        for (attachment& each : _self->attachments) each.time = time;
    }
    push_pull state{_network_clock.now(), _self->name, {}};
    for (const auto& [name, who] : _roster.nodes())
        for (const attachment& each : who->attachments)
            state.networks.push_back({each.leaving ? membership_change::leave : membership_change::join,
                                      each.time, name, each.network->id});
    return gossip::copy_of(gossip::view_of(encode(state)));
}

bool network_db::accept(const node_event& event, time_point now) {
    _network_clock.witness(event.time);
    node* who = _roster.find_node(event.node);
    // Stock engines up to 28 show a node its own leave; it must not believe it.
    if (who == nullptr || who == _self || event.time <= who->time) return false;
    who->time = event.time;
    // Only the member list brings failed and left nodes back, or it would never report their death.
    if (who->state != node_state::active) return false;
    if (event.change == membership_change::join) return false;
    mark_left(*who, now);
    return true;
}

network_db::verdict network_db::accept(const network_event& event, time_point now) {
    _network_clock.witness(event.time);
    node* who = _roster.find_node(event.node);
    // The member list's word may be slower.
    if (who == nullptr) return event.change == membership_change::join ? verdict::early : verdict::stop;
    if (who == _self) return verdict::stop;
    bool leaves = event.change == membership_change::leave;
    network* about = _roster.find_network(event.network);
    attachment* known = about != nullptr ? who->find(*about) : nullptr;
    if (known == nullptr) {
        if (leaves || who->state != node_state::active) return verdict::stop;
        if (who->attachments.size() >= _settings.networks_per_node_limit) {
            ++_counters.over_limit;
            return verdict::stop;
        }
        attachment& made = _roster.attach(*who, _roster.find_or_add_network(event.network));
        made.time = event.time;
        _roster.enter(*who, made);
        if (network* own = live_network(event.network); own != nullptr && !own->own->had_peers)
            _first_peers_came = true;
        return verdict::pass_on;
    }
    if (event.time <= known->time) return verdict::stop;
    known->time = event.time;
    if (leaves) {
        leave_attachment(*who, *known, now);
    } else {
        known->leaving = false;
        known->forget_at = gossip::never;
        if (who->state == node_state::active) _roster.enter(*who, *known);
    }
    return verdict::pass_on;
}

void network_db::leave_attachment(node& who, attachment& of, time_point now) {
    of.leaving = true;
    of.forget_at = now + _settings.reap_network;
    // Dropped at once (29); older engines remember them as deleted. The owner's entries are not accepted any
    // more, so a late event can't bring them back.
    drop_entries(of, who.state == node_state::active);
    _roster.step_out(who, of);
    reap_later(who.name, of.network->id, of.forget_at);
}

network_db::verdict network_db::accept(const table_event_view& event, bool bulk, time_point now) {
    _table_clock.witness(event.time);
    if (event.owner == _self->name) return verdict::stop;
    network* in = live_network(event.network);
    if (in == nullptr) return verdict::stop;
    node* owner = _roster.find_node(event.owner);
    attachment* attached = owner != nullptr ? owner->find(*in) : nullptr;
    if (attached == nullptr && (owner == nullptr || owner->state == node_state::active)) {
        ++_counters.ownerless_events;
        return verdict::early;
    }
    // A failed owner's attachments are remembered, so that its entries keep being accepted (29).
    if (attached == nullptr || attached->leaving) {
        ++_counters.ownerless_events;
        return verdict::stop;
    }
    entry* old = in->own->entries.find(event.table, event.key);
    if (old != nullptr && old->time() >= event.time) {
        ++_counters.stale_events;
        return verdict::stop;
    }
    if (old == nullptr && in->own->entries.size() >= _settings.entries_limit) {
        ++_counters.over_limit;
        return verdict::stop;
    }
    bool was_visible = old != nullptr && visible(*old);
    bool known = old != nullptr;
    bool deleted = event.change == table_change::remove;
    bool failed = owner->state == node_state::failed;

    time_point forget_at = gossip::never;
    if (deleted || failed) {
        // Very old engines tell no time.
        duration left = std::chrono::seconds(event.residual_reap_time);
        forget_at =
            now + (left == duration::zero() ? _settings.reap_entry : std::min(left, _settings.reap_entry));
    }
    // Watchers are told what changed here, whatever the event calls itself (29).
    bool same = was_visible && old->value() == event.value && old->owner() == owner;
    const entry& stored =
        store(*in, {event.table, event.key, event.value, owner, event.time, deleted, forget_at}, old);
    bool now_visible = visible(stored);
    if (was_visible || now_visible)
        if (!now_visible || !same) report(*in, stored, !now_visible);

    // What a bulk sync brings to a host that has just joined is old news, as a rule. But while many hosts
    // start, hardly anybody is in sync, and what those tell that joined lately has not reached everybody.
    if (bulk && !in->own->in_sync && now - owner->since >= _settings.bulk_sync_interval) return verdict::stop;
    // A deletion of what was never seen is stored and not told to watchers (29; older ones ignore it unless
    // it comes by bulk sync); passed on only if it still has a good while to live.
    if (!known && deleted)
        return bulk && forget_at - now > _settings.reap_entry / 6 ? verdict::pass_on : verdict::stop;
    return verdict::pass_on;
}

}  // namespace waggle::networkdb
