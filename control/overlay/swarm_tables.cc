#include "control/overlay/swarm_tables.hh"

#include <utility>

namespace waggle::control {

bool swarm_tables::apply(const networkdb::entry_change& change, moment now) {
    if (change.owner == _own_name) return false;
    network_records& in = _networks[change.network];
    bool changed = false;
    if (change.table == networkdb::overlay_peer_table)
        changed = put(in.places, change, now, networkdb::decode_peer_record);
    else if (change.table == networkdb::endpoint_table)
        changed = put(in.names, change, now, networkdb::decode_endpoint_record);
    else if (change.table == networkdb::host_table)
        changed = put(in.hosts, change, now, networkdb::decode_host_record);
    else if (change.table == networkdb::claim_table)
        changed = put(in.claims, change, now, networkdb::decode_claim_record);
    if (in.places.empty() && in.names.empty() && in.hosts.empty() && in.claims.empty())
        _networks.erase(change.network);
    return changed;
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
            return false;
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

bool swarm_tables::advance(moment now) {
    if (_lingering.empty() || *_lingering.begin() > now) return false;
    _lingering.erase(_lingering.begin(), _lingering.upper_bound(now));
    bool changed = false;
    auto end = [&](auto& table) {
        changed = std::erase_if(table,
                                [&](const auto& each) {
                                    return each.second.lingers_until && *each.second.lingers_until <= now;
                                }) > 0 ||
                  changed;
    };
    for (auto& [id, in] : _networks) {
        end(in.places);
        end(in.names);
        end(in.hosts);
        end(in.claims);
    }
    return changed;
}

std::optional<moment> swarm_tables::wake_at() const {
    if (_lingering.empty()) return std::nullopt;
    return *_lingering.begin();
}

}  // namespace waggle::control
