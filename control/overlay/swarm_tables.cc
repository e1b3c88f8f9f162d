#include "control/overlay/swarm_tables.hh"

#include <algorithm>
#include <utility>

namespace waggle::control {

table_news swarm_tables::apply(const networkdb::entry_change& change, moment now) {
    if (change.owner == _own_name) return table_news::nothing;
    network_records& in = _networks[change.network];
    table_news news = table_news::nothing;
    if (change.table == networkdb::overlay_peer_table) {
        if (put_place(in, change, now)) news = table_news::places;
    } else if (change.table == networkdb::endpoint_table) {
        if (put_name(in, change, now)) news = table_news::names;
    } else if (change.table == networkdb::host_table) {
        if (put(in.hosts, change, now, networkdb::decode_host_record)) news = table_news::others;
    } else if (change.table == networkdb::claim_table) {
        if (put(in.claims, change, now, networkdb::decode_claim_record)) news = table_news::others;
    }
    if (in.places.empty() && in.names.empty() && in.hosts.empty() && in.claims.empty())
        _networks.erase(change.network);
    return news;
}

bool swarm_tables::put_place(network_records& in, const networkdb::entry_change& change, moment now) {
    const swarm_place* known = in.places.find(change.key);
    if (known == nullptr && !change.value) return false;
    auto& touched = _touched[change.network];
    const auto touch = [&](const swarm_place& one) { touched.push_back({one.address(), one.mac()}); };
    if (known != nullptr && !change.value && change.owner_replaced) {
        // It counts less than others from here on.
        in.places.linger(*known, now + grace);
        _lingering.insert(now + grace);
        touch(*known);
        return true;
    }
    auto decoded =
        change.value ? networkdb::decode_peer_record(*change.value) : result<networkdb::peer_record>(error{});
    if (change.value && !decoded) refuse(change, decoded.failure().message, now);
    if (known != nullptr) {
        if (decoded && known->record() == *decoded && known->owner() == change.owner &&
            known->time() == change.time && !known->lingers())
            return false;
        touch(*known);
        // What it said before does not hold any more either, if it is nonsense now.
        in.places.erase(*known);
        if (!decoded) return true;
    } else if (!decoded) {
        return false;
    }
    touch(in.places.add(change.key, change.owner, change.time, *decoded));
    return true;
}

bool swarm_tables::put_name(network_records& in, const networkdb::entry_change& change, moment now) {
    const told_name* known = in.names.find(change.key);
    if (known != nullptr && !change.value && change.owner_replaced) {
        in.names.linger(*known, now + grace);
        _lingering.insert(now + grace);
        return true;
    }
    bool valid = change.value.has_value();
    if (valid) {
        if (known != nullptr && known->value() == change.value->view() && known->owner() == change.owner &&
            known->time() == change.time && !known->lingers())
            return false;
        if (auto decoded = networkdb::decode_endpoint_record(*change.value); !decoded) {
            refuse(change, decoded.failure().message, now);
            valid = false;
        }
    }
    if (known == nullptr && !valid) return false;
    // What it said before does not hold any more either, if it is nonsense now.
    if (known != nullptr) in.names.erase(*known);
    if (valid) in.names.add(change.key, change.owner, change.time, *change.value);
    return true;
}

template <typename Record, typename Decode>
bool swarm_tables::put(std::map<std::string, owned_record<Record>>& table,
                       const networkdb::entry_change& change, moment now, Decode decode) {
    auto known = table.find(change.key);
    if (!change.value) {
        if (known == table.end()) return false;
        if (change.owner_replaced) {
            known->second.lingers_until = now + grace;
            _lingering.insert(now + grace);
            // It counts less than others from here on.
            return true;
        }
        table.erase(known);
        return true;
    }
    auto decoded = decode(*change.value);
    if (!decoded) {
        refuse(change, decoded.failure().message, now);
        // What it said before does not hold any more either.
        return known != table.end() && table.erase(change.key) > 0;
    }
    bool same = known != table.end() && known->second.record == *decoded &&
                known->second.owner == change.owner && known->second.time == change.time &&
                !known->second.lingers_until;
    if (!same)
        table.insert_or_assign(change.key,
                               owned_record<Record>{change.owner, change.time, std::move(*decoded)});
    return !same;
}

void swarm_tables::refuse(const networkdb::entry_change& change, const std::string& reason, moment now) {
    ++_refused;
    if (now - _minute_began >= std::chrono::minutes(1)) {
        _minute_began = now;
        _said_this_minute = 0;
    }
    if (_said_this_minute >= messages_per_minute) {
        ++_unsaid;
        return;
    }
    ++_said_this_minute;
    std::string text = "refused an entry of " + change.table + " in network " + change.network +
                       " from gossip node " + change.owner + ": " + reason;
    if (_unsaid > 0) text += " (and " + std::to_string(std::exchange(_unsaid, 0)) + " more before)";
    _messages.push_back(std::move(text));
}

std::vector<std::string> swarm_tables::take_messages() {
    return std::exchange(_messages, {});
}

table_news swarm_tables::advance(moment now) {
    if (_lingering.empty() || *_lingering.begin() > now) return table_news::nothing;
    _lingering.erase(_lingering.begin(), _lingering.upper_bound(now));
    table_news news = table_news::nothing;
    const auto over = [&](const auto& each) {
        return each.second.lingers_until && *each.second.lingers_until <= now;
    };
    for (auto& [id, in] : _networks) {
        for (const swarm_place* each : in.places.lingered_until(now)) {
            _touched[id].push_back({each->address(), each->mac()});
            in.places.erase(*each);
            news = std::max(news, table_news::places);
        }
        in.names.end_lingering(now);
        if (std::erase_if(in.hosts, over) + std::erase_if(in.claims, over) > 0) news = table_news::others;
    }
    return news;
}

std::optional<moment> swarm_tables::wake_at() const {
    if (_lingering.empty()) return std::nullopt;
    return *_lingering.begin();
}

}  // namespace waggle::control
