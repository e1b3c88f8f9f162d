#pragma once

#include <gtest/gtest.h>

#include "control/gossip/networkdb/codec.hh"
#include "control/gossip/networkdb/network_db.hh"
#include "tests/unit/networkdb/world.hh"

namespace waggle::networkdb {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

inline gossip::bytes as_bytes(const std::string& text) {
    return gossip::copy_of(gossip::view_of(text));
}

inline std::vector<std::string> parts_of(std::string_view compound) {
    auto message = decode_envelope(compound);
    auto parts = decode_compound(message->data);
    return std::move(*parts);
}

inline bulk_sync sync_of(const networkdb_effects::reliable& sent) {
    auto message = decode_envelope(gossip::text_of(sent.message));
    auto sync = decode_bulk_sync(message->data);
    return std::move(*sync);
}

/// One node; its peers are what the test says.
class one_node : public testing::Test {
protected:
    one_node() : db(settings_of(), 3, now) {
        db.node_joined("peer", peer_address, now);
        db.node_joined("other", {*ip_address::parse("192.0.2.3"), 7946}, now);
    }
    static networkdb_settings settings_of() {
        networkdb_settings settings;
        settings.name = "self";
        settings.address = {*ip_address::parse("192.0.2.1"), 7946};
        return settings;
    }
    template <typename Message>
    void hear(const Message& message) {
        db.user_message(as_bytes(encode(message)), now);
    }
    /// "peer" and this node are in "net", and have synced.
    void share_net() {
        hear(network_event{membership_change::join, 10, "peer", "net"});
        ASSERT_TRUE(db.join_network("net", now).ok());
        for (const auto& each : db.take_effects().reliables) db.delivery_ended(each.id, false, now);
        ASSERT_TRUE(db.own_networks().at("net")->own->in_sync);
        db.take_effects();
    }
    static table_event event(table_change change, lamport_time time, const std::string& key,
                             const std::string& value = "v", const std::string& owner = "peer") {
        return {change, time, owner, "net", "t", key, value, change == table_change::remove ? 1800 : 0};
    }
    /// "key=value" or "key gone" of what the watcher was told.
    std::vector<std::string> told() {
        std::vector<std::string> all;
        for (const entry_change& each : db.take_effects().changes)
            all.push_back(each.key + (each.value ? "=" + std::string(*each.value) : " gone"));
        return all;
    }
    std::size_t passed_on() const { return db.own_networks().at("net")->own->heard_events.size(); }
    std::size_t stored() const { return db.own_networks().at("net")->own->entries.size(); }
    bulk_sync synced(const std::vector<table_event>& events, lamport_time time = 1,
                     bool unsolicited = false) {
        std::vector<std::string> parts;
        for (const table_event& each : events) parts.push_back(encode(each));
        return {time, unsolicited, "peer", {"net"}, encode_compound(parts)};
    }

    using lines = std::vector<std::string>;
    const ip_endpoint peer_address{*ip_address::parse("192.0.2.2"), 7946};
    time_point now{seconds(1000)};
    network_db db;
};

}  // namespace waggle::networkdb
