#include <algorithm>

#include "control/gossip/networkdb/network_db.hh"

/// Nodes that come, fail, return and leave.
namespace waggle::networkdb {

void network_db::node_joined(const std::string& name, const ip_endpoint& address, time_point now) {
    if (name == _self->name) return;
    if (address == _self->address) return own_former_life(name, now);
    if (node* known = _roster.find_node(name)) {
        _roster.set_address(*known, address);
        known->present = true;
        if (known->state != node_state::active) activate(*known, now);
        return;
    }
    // Names are new at every start: an address under another name is the next life of the node that had it,
    // whatever became of that (all releases).
    if (node* former = _roster.at_address(address); former != nullptr) {
        mark_left(*former, now, true);
        // A host that has just started may hear of the lives of an address in the wrong order.
        if (former->replaced && former->present && now < _self->since + _settings.order_doubted)
            _effects.pings.push_back({former->name, address});
    }
    _roster.add_node(name, address).since = now;
    ++_active;
    handle_early(name, now);
    begin_first_syncs(now);
}

void network_db::own_former_life(const std::string& name, time_point now) {
    // Whoever tells of it has not noticed its end; what it owned is void, and none of it is asked for.
    node* former = _roster.find_node(name);
    if (former == nullptr) {
        former = &_roster.add_node(name, _self->address);
        ++_active;
    }
    _roster.set_address(*former, _self->address);
    former->present = true;
    mark_left(*former, now, true);
    _roster.set_address(*_self, _self->address);
}

void network_db::node_moved(const std::string& name, const ip_endpoint& address) {
    if (node* known = _roster.find_node(name)) _roster.set_address(*known, address);
}

void network_db::node_left(const std::string& name, bool left, time_point now) {
    node* who = _roster.find_node(name);
    if (who == nullptr || who == _self) return;
    who->present = false;
    if (left)
        mark_left(*who, now);
    else if (who->state == node_state::active)
        mark_failed(*who, now);
    restore_replaced(*who, now);
}

void network_db::restore_replaced(const node& gone, time_point now) {
    if (gone.address == _self->address) return;
    // An address's present life was heard of first and its former one later, from somebody who did not know
    // yet that it is dead. Now it is.
    const std::vector<node*>& replaced = _roster.replaced_at(gone.address);
    const auto latest =
        std::find_if(replaced.rbegin(), replaced.rend(), [](const node* each) { return each->present; });
    if (latest == replaced.rend()) return;
    restore(**latest, now);
}

void network_db::restore(node& replaced, time_point now) {
    _roster.set_address(replaced, replaced.address);
    activate(replaced, now);
    // In which networks it is, it tells itself.
    if (_reconnecting.emplace(replaced.address, replaced.name).second)
        _effects.joins.push_back(replaced.address);
}

void network_db::node_answered(const std::string& name, time_point now) {
    node* const who = _roster.find_node(name);
    if (who == nullptr || !who->replaced || !who->present) return;
    // Whoever runs now is no former life of one that was heard of before it was asked.
    if (node* const other = _roster.at_address(who->address); other != nullptr && other != who)
        mark_left(*other, now, true);
    restore(*who, now);
}

void network_db::activate(node& who, time_point now) {
    bool failed = who.state == node_state::failed;
    if (failed) std::erase(_failed, &who);
    who.state = node_state::active;
    who.forget_at = gossip::never;
    who.since = now;
    _roster.set_replaced(who, false);
    ++_active;
    for (attachment& each : who.attachments) {
        if (each.leaving) continue;
        _roster.enter(who, each);
        for (entry* one = each.entries.first; one != nullptr; one = one->next_of_owner()) {
            if (one->deleted()) continue;
            each.network->own->entries.set_forget_at(one, gossip::never);
            report(*each.network, *one, false);
        }
    }
    sync_with_returned(who, now);
}

void network_db::deactivate(node& who) {
    if (who.state == node_state::active) --_active;
    for (attachment& each : who.attachments) _roster.step_out(who, each);
}

void network_db::mark_left(node& who, time_point now, bool replaced) {
    if (who.state == node_state::left) return;
    bool tell = who.state == node_state::active;
    if (who.state == node_state::failed) std::erase(_failed, &who);
    deactivate(who);
    for (attachment& each : who.attachments) drop_entries(each, tell, replaced);
    while (!who.attachments.empty()) _roster.detach(who, *who.attachments.back().network);
    who.state = node_state::left;
    _roster.set_replaced(who, replaced);
    if (who.forget_at == gossip::never) {
        who.forget_at = now + _settings.reap_node;
        reap_later(who.name, {}, who.forget_at);
    }
    end_sync(std::string(who.name), false, now);
}

void network_db::mark_failed(node& who, time_point now) {
    // Its entries are hidden and remembered, so that they are back the moment it returns. Engines drop them
    // and wait to be told again; the newest (29) remember the node's networks at least, without which they
    // would refuse what it tells. What peers see on the wire is the same.
    for (attachment& each : who.attachments) {
        for (entry* one = each.entries.first; one != nullptr; one = one->next_of_owner()) {
            if (one->deleted()) continue;
            report(*each.network, *one, true);
            each.network->own->entries.set_forget_at(one, now + _settings.reap_entry);
        }
    }
    deactivate(who);
    who.state = node_state::failed;
    _failed.push_back(&who);
    who.forget_at = now + _settings.reap_node;
    reap_later(who.name, {}, who.forget_at);
    if (_next_reconnect == gossip::never) _next_reconnect = now + _settings.reconnect_interval;
    end_sync(std::string(who.name), false, now);
}

void network_db::drop_entries(attachment& in, bool tell, bool replaced) {
    while (entry* one = in.entries.first) {
        if (tell && !one->deleted()) report(*in.network, *one, true, replaced);
        in.network->own->entries.erase(one, in.entries);
    }
}

void network_db::reconnect(time_point now) {
    _next_reconnect = _failed.empty() ? gossip::never : now + _settings.reconnect_interval;
    if (_failed.empty()) return;
    const node& chosen = *_failed[_random.below(_failed.size())];
    if (_reconnecting.emplace(chosen.address, chosen.name).second) _effects.joins.push_back(chosen.address);
}

void network_db::join_ended(const ip_endpoint& with, bool joined, time_point now) {
    std::string name;
    if (auto tried = _reconnecting.find(with); tried != _reconnecting.end()) {
        name = tried->second;
        _reconnecting.erase(tried);
    }
    if (!joined) return;
    queue_node_event(membership_change::join);
    if (node* who = _roster.find_node(name); who != nullptr && who->state == node_state::active)
        start_sync(*who, now);
}

}  // namespace waggle::networkdb
