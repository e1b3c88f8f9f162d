#include "control/gossip/networkdb/network_db.hh"

#include <algorithm>
#include <utility>

#include "control/gossip/networkdb/codec.hh"

namespace waggle::networkdb {
namespace {

std::int32_t seconds_until(time_point when, time_point now) {
    if (when == gossip::never || when <= now) return 0;
    auto left = std::chrono::duration_cast<std::chrono::seconds>(when - now).count();
    return static_cast<std::int32_t>(std::max<std::int64_t>(left, 1));
}

}  // namespace

network_db::network_db(networkdb_settings settings, std::uint64_t seed, time_point now)
    : _settings(std::move(settings)), _random(seed) {
    _self = &_roster.add_node(_settings.name, _settings.address);
    _self->since = now;
    auto interval = static_cast<std::uint64_t>(_settings.bulk_sync_interval.count());
    // Hosts that start together must not sync together.
    _next_bulk_sync =
        now + _settings.bulk_sync_interval + duration(static_cast<duration::rep>(_random.below(interval)));
    _next_reap = now + _settings.reap_step;
}

network_db::~network_db() = default;

bool network_db::visible(const entry& one) {
    return !one.deleted() && one.owner()->state == node_state::active;
}

networkdb_effects network_db::take_effects() {
    return std::exchange(_effects, {});
}

network* network_db::live_network(std::string_view id) const {
    network* found = _roster.find_network(id);
    return found != nullptr && found->own && !found->own->leaving ? found : nullptr;
}

void network_db::queue_network_event(const network& of, membership_change change) {
    const attachment& own = *_self->find(of);
    _network_events.push(
        of.id + "/" + _self->name,
        gossip::copy_of(gossip::view_of(encode(network_event{change, own.time, _self->name, of.id}))));
}

void network_db::queue_node_event(membership_change change) {
    _node_events.push({}, gossip::copy_of(gossip::view_of(
                              encode(node_event{change, _network_clock.increment(), _self->name}))));
}

void network_db::announce_leave() {
    queue_node_event(membership_change::leave);
}

result<void> network_db::join_network(const std::string& id, time_point now) {
    if (!is_name(id)) return error{"'" + id + "' can't be the id of a NetworkDB network"};
    network& joined = _roster.find_or_add_network(id);
    if (joined.own && !joined.own->leaving)
        return error{"this host takes part in NetworkDB network " + id + " already"};
    if (!joined.own) joined.own = std::make_unique<own_network>();
    own_network& own = *joined.own;
    own.leaving = false;
    own.in_sync = false;
    own.syncs_answered = 0;
    own.ask_again_at = gossip::never;
    own.forget_at = gossip::never;
    own.announce_until = now + _settings.announce_time;
    attachment& self = _roster.attach(*_self, joined);
    self.time = _network_clock.increment();
    self.leaving = false;
    _roster.enter(*_self, self);
    _own[id] = &joined;
    queue_network_event(joined, membership_change::join);
    want_syncs(joined, _settings.join_syncs, now);
    return {};
}

result<void> network_db::leave_network(const std::string& id, time_point now) {
    network* left = live_network(id);
    if (left == nullptr) return error{"this host does not take part in NetworkDB network " + id};
    own_network& own = *left->own;
    attachment& self = *_self->find(*left);
    self.time = _network_clock.increment();
    self.leaving = true;
    queue_network_event(*left, membership_change::leave);
    _roster.step_out(*_self, self);
    // Entries of others are dropped without a trace, so that they are accepted again after a return. Own ones
    // are remembered as deleted at a time of their own (29): peers that missed the leave still learn of it.
    for (node* member : std::vector<node*>(left->members)) {
        if (attachment* of = member->find(*left)) {
            while (of->entries.first != nullptr) {
                if (visible(*of->entries.first)) report(*left, *of->entries.first, true);
                own.entries.erase(of->entries.first, of->entries);
            }
        }
    }
    for (node* failed : _failed)
        if (attachment* of = failed->find(*left))
            while (of->entries.first != nullptr) own.entries.erase(of->entries.first, of->entries);
    std::vector<entry*> mine;
    for (entry* each = self.entries.first; each != nullptr; each = each->next_of_owner())
        if (!each->deleted()) mine.push_back(each);
    for (entry* each : mine) {
        report(*left, *each, true);
        own.entries.put({each->table(), each->key(), each->value(), _self, _table_clock.increment(), true,
                         now + _settings.reap_entry},
                        self.entries, &self.entries);
    }
    own.leaving = true;
    own.forget_at = now + _settings.reap_network;
    own.own_events.clear();
    own.heard_events.clear();
    own.syncs_wanted = 0;
    own.sync_candidates.clear();
    own.syncing_with.clear();
    reap_later(_self->name, id, own.forget_at);
    return {};
}

void network_db::report(const network& in, const entry& one, bool gone, bool replaced) {
    _effects.changes.push_back({in.id, std::string(one.table()), one.key(), one.owner()->name, one.time(),
                                gone ? std::nullopt : std::optional(one.value_to_keep()), replaced});
}

const entry& network_db::store(network& in, const entry_content& content, const entry* old) {
    owned_entries* old_list = old != nullptr ? &old->owner()->find(in)->entries : nullptr;
    return *in.own->entries.put(content, content.owner->find(in)->entries, old_list);
}

void network_db::forget(network& in, entry* one) {
    in.own->entries.erase(one, one->owner()->find(in)->entries);
}

void network_db::queue_table_event(network& in, const entry& one, table_change change, time_point now) {
    table_event event{change,
                      one.time(),
                      one.owner()->name,
                      in.id,
                      std::string(one.table()),
                      one.key(),
                      std::string(one.value()),
                      seconds_until(one.forget_at(), now)};
    in.own->own_events.push(event.table + "/" + event.key, gossip::copy_of(gossip::view_of(encode(event))));
    wake_gossip(now);
}

void network_db::store_own(network& in, const entry_content& content, table_change change, time_point now) {
    const entry& stored = store(in, content, in.own->entries.find(content.table, content.key));
    report(in, stored, content.deleted);
    queue_table_event(in, stored, change, now);
}

result<void> network_db::create(const std::string& id, const std::string& table, const std::string& key,
                                std::string_view value, time_point now) {
    network* in = live_network(id);
    if (in == nullptr) return error{"this host does not take part in NetworkDB network " + id};
    if (!is_name(table) || !is_name(key, longest_key) || value.size() > longest_value)
        return error{"an entry of table " + table + " has a name or value that NetworkDB does not take"};
    if (in->own->entries.find(table, key) != nullptr)
        return error{"table " + table + " of network " + id + " has an entry " + key +
                     " already, or had it lately"};
    store_own(*in, {table, key, value, _self, _table_clock.increment(), false, gossip::never},
              table_change::create, now);
    return {};
}

result<void> network_db::update(const std::string& id, const std::string& table, const std::string& key,
                                std::string_view value, time_point now) {
    network* in = live_network(id);
    entry* old = in != nullptr ? in->own->entries.find(table, key) : nullptr;
    if (old == nullptr || old->deleted() || old->owner() != _self || value.size() > longest_value)
        return error{"table " + table + " of network " + id + " has no entry " + key +
                     " of this host to update"};
    store_own(*in, {table, key, value, _self, _table_clock.increment(), false, gossip::never},
              table_change::update, now);
    return {};
}

result<void> network_db::remove(const std::string& id, const std::string& table, const std::string& key,
                                time_point now) {
    network* in = live_network(id);
    entry* old = in != nullptr ? in->own->entries.find(table, key) : nullptr;
    if (old == nullptr || old->deleted() || old->owner() != _self)
        return error{"table " + table + " of network " + id + " has no entry " + key +
                     " of this host to remove"};
    // Stock repeats the old value in the deletion.
    store_own(*in,
              {table, key, old->value(), _self, _table_clock.increment(), true, now + _settings.reap_entry},
              table_change::remove, now);
    return {};
}

}  // namespace waggle::networkdb
