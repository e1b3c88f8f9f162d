#include "control/gossip/networkdb/network_db.hh"

#include <gtest/gtest.h>

#include "control/gossip/networkdb/codec.hh"
#include "tests/unit/networkdb/world.hh"

namespace waggle::networkdb {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

gossip::bytes as_bytes(const std::string& text) {
    return gossip::copy_of(gossip::view_of(text));
}

std::vector<std::string> parts_of(std::string_view compound) {
    auto message = decode_envelope(compound);
    auto parts = decode_compound(message->data);
    return std::move(*parts);
}

bulk_sync sync_of(const networkdb_effects::reliable& sent) {
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
            all.push_back(each.key + (each.value ? "=" + *each.value : " gone"));
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

TEST_F(one_node, witness_is_one_more_than_what_was_heard) {
    hear(node_event{membership_change::join, 41, "peer"});
    EXPECT_EQ(db.network_time(), 42U);
    hear(event(table_change::create, 7, "k"));
    EXPECT_EQ(db.table_time(), 8U);
}

TEST_F(one_node, stores_and_passes_on_events_of_members) {
    share_net();
    hear(event(table_change::create, 5, "k"));
    EXPECT_EQ(told(), (lines{"k=v"}));
    EXPECT_EQ(passed_on(), 1U);
    // Again, and older: stale.
    hear(event(table_change::create, 5, "k", "w"));
    hear(event(table_change::update, 4, "k", "w"));
    EXPECT_TRUE(told().empty());
    hear(event(table_change::update, 6, "k", "w"));
    EXPECT_EQ(told(), (lines{"k=w"}));
    // One message waits for each key.
    EXPECT_EQ(passed_on(), 1U);
    hear(event(table_change::remove, 7, "k", "w"));
    hear(event(table_change::remove, 8, "k", "w"));
    EXPECT_EQ(told(), (lines{"k gone"}));
    EXPECT_EQ(stored(), 1U);
    EXPECT_EQ(db.counters().stale_events, 2U);
}

TEST_F(one_node, asks_first_who_has_heard_of_it_and_soon_another_if_no_answer_comes) {
    ASSERT_TRUE(db.join_network("net", now).ok());
    EXPECT_TRUE(db.take_effects().reliables.empty()) << "nobody else is in it yet";
    db.merge_remote_state(as_bytes(encode(push_pull{20,
                                                    "peer",
                                                    {{membership_change::join, 10, "other", "net"},
                                                     {membership_change::join, 11, "peer", "net"}}})),
                          now);
    EXPECT_FALSE(db.own_networks().at("net")->own->in_sync) << "others know what this host does not";
    const auto asked = db.take_effects().reliables;
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].to, peer_address);
    EXPECT_TRUE(sync_of(asked[0]).unsolicited);
    db.delivery_ended(asked[0].id, true, now);
    now += seconds(6);
    db.advance(now);
    const auto again = db.take_effects().reliables;
    ASSERT_EQ(again.size(), 1U);
    EXPECT_NE(again[0].to, peer_address);
}

TEST_F(one_node, an_answer_counts_for_the_networks_that_were_asked_for_only) {
    hear(network_event{membership_change::join, 10, "peer", "net"});
    hear(network_event{membership_change::join, 11, "peer", "net2"});
    ASSERT_TRUE(db.join_network("net", now).ok());
    auto first = db.take_effects().reliables;
    ASSERT_EQ(first.size(), 1u);
    EXPECT_EQ(sync_of(first[0]).networks, lines{"net"});
    // While the peer is being asked for the one, the other is joined.
    ASSERT_TRUE(db.join_network("net2", now).ok());
    EXPECT_TRUE(db.take_effects().reliables.empty());
    hear(synced({}, sync_of(first[0]).time + 1));
    EXPECT_TRUE(db.own_networks().at("net")->own->in_sync);
    EXPECT_FALSE(db.own_networks().at("net2")->own->in_sync);
    auto second = db.take_effects().reliables;
    ASSERT_EQ(second.size(), 1u);
    EXPECT_EQ(sync_of(second[0]).networks, (lines{"net", "net2"}));
    hear(synced({}, sync_of(second[0]).time + 1));
    EXPECT_TRUE(db.own_networks().at("net2")->own->in_sync);
    EXPECT_TRUE(db.take_effects().reliables.empty());
}

TEST_F(one_node, who_left_a_network_is_not_asked_for_it_again) {
    hear(network_event{membership_change::join, 10, "peer", "net"});
    hear(network_event{membership_change::join, 11, "peer", "net2"});
    ASSERT_TRUE(db.join_network("net", now).ok());
    auto first = db.take_effects().reliables;
    ASSERT_TRUE(db.join_network("net2", now).ok());
    hear(network_event{membership_change::leave, 12, "peer", "net2"});
    hear(synced({}, sync_of(first.at(0)).time + 1));
    EXPECT_TRUE(db.own_networks().at("net2")->own->in_sync);
    EXPECT_TRUE(db.take_effects().reliables.empty());
}

TEST_F(one_node, ignores_events_that_are_not_for_it) {
    share_net();
    hear(event(table_change::create, 5, "k", "v", "self"));
    hear(event(table_change::create, 5, "k", "v", "other"));
    hear(event(table_change::create, 5, "k", "v", "stranger"));
    table_event elsewhere = event(table_change::create, 5, "k");
    elsewhere.network = "elsewhere";
    hear(elsewhere);
    EXPECT_TRUE(told().empty());
    EXPECT_EQ(stored(), 0U);
    EXPECT_EQ(db.counters().ownerless_events, 2U);
    ASSERT_TRUE(db.leave_network("net", now).ok());
    hear(event(table_change::create, 5, "k"));
    EXPECT_EQ(stored(), 0U);
}

TEST_F(one_node, deletion_of_the_unknown_is_stored_and_passed_on_only_from_bulk_syncs) {
    share_net();
    hear(event(table_change::remove, 5, "a"));
    EXPECT_EQ(passed_on(), 0U);
    table_event late = event(table_change::remove, 6, "b");
    late.residual_reap_time = 300;
    hear(synced({late}));
    EXPECT_EQ(passed_on(), 0U);
    late.key = "c";
    late.residual_reap_time = 301;
    hear(synced({late}));
    EXPECT_EQ(passed_on(), 1U);
    EXPECT_TRUE(told().empty());
    EXPECT_EQ(stored(), 3U);
    // What was deleted stays deleted.
    hear(event(table_change::create, 4, "a"));
    EXPECT_TRUE(told().empty());
}

TEST_F(one_node, deletion_without_reap_time_is_remembered_for_half_an_hour) {
    share_net();
    hear(event(table_change::create, 5, "k"));
    table_event old = event(table_change::remove, 6, "k");
    old.residual_reap_time = 0;
    hear(old);
    db.advance(now += minutes(29));
    EXPECT_EQ(stored(), 1U);
    db.advance(now += minutes(2));
    EXPECT_EQ(stored(), 0U);
}

TEST_F(one_node, network_events_follow_their_times) {
    ASSERT_TRUE(db.join_network("net", now).ok());
    const network& net = *db.everyone().find_network("net");
    hear(network_event{membership_change::leave, 3, "peer", "net"});
    EXPECT_EQ(net.members.size(), 1U);
    hear(network_event{membership_change::join, 4, "peer", "net"});
    hear(network_event{membership_change::join, 4, "stranger", "net"});
    hear(network_event{membership_change::leave, 4, "peer", "net"});
    EXPECT_EQ(net.members.size(), 2U);
    hear(network_event{membership_change::leave, 5, "self", "net"});
    EXPECT_FALSE(db.self().find(net)->leaving);
    hear(event(table_change::create, 5, "k"));
    hear(network_event{membership_change::leave, 6, "peer", "net"});
    EXPECT_EQ(net.members.size(), 1U);
    EXPECT_EQ(stored(), 0U);
    // Late events of its time there are not accepted any more.
    hear(event(table_change::create, 9, "late"));
    EXPECT_EQ(stored(), 0U);
    hear(network_event{membership_change::join, 7, "peer", "net"});
    EXPECT_EQ(net.members.size(), 2U);
}

TEST_F(one_node, own_events_are_told_to_members_with_the_join_in_front) {
    share_net();
    ASSERT_TRUE(db.create("net", "t", "k", "v", now).ok());
    db.advance(now += milliseconds(10));
    auto wanted = db.take_effects();
    ASSERT_EQ(wanted.packets.size(), 1U);
    EXPECT_EQ(wanted.packets[0].to, peer_address);
    auto parts = parts_of(gossip::text_of(wanted.packets[0].message));
    ASSERT_EQ(parts.size(), 2U);
    EXPECT_EQ(decode_network_event(decode_envelope(parts[0])->data)->node, "self");
    auto sent = *decode_table_event(decode_envelope(parts[1])->data);
    EXPECT_EQ(sent.value, "v");
    EXPECT_EQ(sent.residual_reap_time, 0);
    ASSERT_TRUE(db.remove("net", "t", "k", now).ok());
    db.advance(now += milliseconds(200));
    parts = parts_of(gossip::text_of(db.take_effects().packets.at(0).message));
    sent = *decode_table_event(decode_envelope(parts.back())->data);
    EXPECT_EQ(sent.change, table_change::remove);
    EXPECT_EQ(sent.value, "v");
    EXPECT_EQ(sent.residual_reap_time, 1800);
}

TEST_F(one_node, keys_are_not_used_again) {
    share_net();
    EXPECT_FALSE(db.create("other-net", "t", "k", "v", now).ok());
    EXPECT_FALSE(db.update("net", "t", "k", "v", now).ok());
    ASSERT_TRUE(db.create("net", "t", "k", "v", now).ok());
    EXPECT_FALSE(db.create("net", "t", "k", "v", now).ok());
    EXPECT_TRUE(db.update("net", "t", "k", "w", now).ok());
    EXPECT_TRUE(db.remove("net", "t", "k", now).ok());
    EXPECT_FALSE(db.remove("net", "t", "k", now).ok());
    EXPECT_FALSE(db.create("net", "t", "k", "v", now).ok());
    EXPECT_FALSE(db.create("net", "a/b", "k", "v", now).ok());
    EXPECT_FALSE(db.join_network("net", now).ok());
    EXPECT_FALSE(db.join_network("a/b", now).ok());
    EXPECT_FALSE(db.leave_network("other-net", now).ok());
}

TEST_F(one_node, entries_of_a_failed_node_are_hidden_and_return_with_it) {
    share_net();
    hear(event(table_change::create, 5, "k"));
    told();
    db.node_left("peer", false, now);
    EXPECT_EQ(told(), (lines{"k gone"}));
    // Others may still pass its events on; they count, unseen.
    hear(event(table_change::update, 6, "k", "w"));
    EXPECT_TRUE(told().empty());
    db.node_joined("peer", peer_address, now);
    EXPECT_EQ(told(), (lines{"k=w"}));
    db.node_left("peer", false, now);
    told();
    db.advance(now += minutes(31));
    EXPECT_EQ(stored(), 0U);
    db.node_joined("peer", peer_address, now);
    EXPECT_TRUE(told().empty());
}

TEST_F(one_node, entries_of_a_node_that_left_are_dropped) {
    share_net();
    hear(event(table_change::create, 5, "k"));
    told();
    hear(node_event{membership_change::leave, 20, "self"});
    EXPECT_EQ(stored(), 1U);
    hear(node_event{membership_change::leave, 21, "peer"});
    EXPECT_EQ(told(), (lines{"k gone"}));
    EXPECT_EQ(stored(), 0U);
    EXPECT_EQ(db.active_nodes(), 2U);
    db.node_left("peer", true, now);
    EXPECT_EQ(db.active_nodes(), 2U);
}

TEST_F(one_node, a_new_name_at_an_address_ends_the_old_one) {
    share_net();
    hear(event(table_change::create, 5, "k"));
    told();
    db.node_joined("peer-reborn", peer_address, now);
    EXPECT_EQ(told(), (lines{"k gone"}));
    EXPECT_EQ(db.active_nodes(), 3U);
    // The old name's end comes later, and is no news.
    db.node_left("peer", false, now);
    EXPECT_EQ(db.active_nodes(), 3U);
    db.advance(now += hours(25));
    EXPECT_EQ(db.everyone().find_node("peer"), nullptr);
}

TEST_F(one_node, answers_unsolicited_bulk_syncs_with_a_later_time) {
    share_net();
    ASSERT_TRUE(db.create("net", "t", "mine", "v", now).ok());
    hear(synced({event(table_change::create, 50, "k")}, 60, true));
    auto wanted = db.take_effects();
    ASSERT_EQ(wanted.reliables.size(), 1U);
    EXPECT_EQ(wanted.reliables[0].to, peer_address);
    auto answer = sync_of(wanted.reliables[0]);
    EXPECT_FALSE(answer.unsolicited);
    EXPECT_GT(answer.time, 60U);
    EXPECT_EQ(answer.networks, (lines{"net"}));
    // The join, and both entries whoever owns them.
    EXPECT_EQ(parts_of(answer.payload).size(), 3U);
    // Solicited ones are not answered.
    hear(synced({}, 90, false));
    EXPECT_TRUE(db.take_effects().reliables.empty());
}

TEST_F(one_node, large_bulk_syncs_are_sent_in_parts) {
    networkdb_settings small = settings_of();
    small.bulk_sync_limit = 1000;
    network_db sender(small, 1, now);
    sender.node_joined("peer", peer_address, now);
    ASSERT_TRUE(sender.join_network("net", now).ok());
    for (int i = 0; i < 100; ++i)
        ASSERT_TRUE(sender.create("net", "t", std::to_string(i), std::string(50, 'v'), now).ok());
    sender.take_effects();
    // The first member is synced with at once.
    sender.user_message(as_bytes(encode(network_event{membership_change::join, 3, "peer", "net"})), now);
    auto wanted = sender.take_effects();
    EXPECT_GT(wanted.reliables.size(), 5U);
    std::size_t events = 0;
    std::size_t unsolicited = 0;
    for (const auto& each : wanted.reliables) {
        auto sync = sync_of(each);
        unsolicited += sync.unsolicited ? 1U : 0U;
        for (const std::string& part : parts_of(sync.payload))
            events += decode_envelope(part)->type == message_type::table_event ? 1U : 0U;
    }
    EXPECT_EQ(events, 100U);
    EXPECT_EQ(unsolicited, 1U);
}

TEST_F(one_node, push_pull_tells_all_pairs_and_a_join_stamps_the_own_ones_anew) {
    share_net();
    auto told_state = [&](bool join) {
        auto message = decode_envelope(gossip::text_of(db.local_state(join, now)));
        auto state = decode_push_pull(message->data);
        return std::move(*state);
    };
    auto state = told_state(false);
    EXPECT_EQ(state.networks.size(), 2U);
    lamport_time before = db.self().find(*db.everyone().find_network("net"))->time;
    state = told_state(true);
    EXPECT_GT(db.self().find(*db.everyone().find_network("net"))->time, before);
    EXPECT_EQ(state.time, db.network_time());
    push_pull remote{
        100,
        "other",
        {{membership_change::join, 5, "other", "net"}, {membership_change::leave, 11, "peer", "net"}}};
    db.merge_remote_state(as_bytes(encode(remote)), now);
    EXPECT_EQ(db.everyone().find_network("net")->members.size(), 2U);
    EXPECT_EQ(db.everyone().find_node("peer")->find(*db.everyone().find_network("net"))->leaving, true);
    EXPECT_GT(db.network_time(), 100U);
}

TEST_F(one_node, leaving_drops_entries_of_others_and_remembers_the_own_as_deleted) {
    share_net();
    hear(event(table_change::create, 5, "k"));
    ASSERT_TRUE(db.create("net", "t", "mine", "v", now).ok());
    told();
    ASSERT_TRUE(db.leave_network("net", now).ok());
    EXPECT_EQ(told(), (lines{"k gone", "mine gone"}));
    EXPECT_EQ(stored(), 1U);
    // On a return within the half hour, peers that missed the leave are told of the deletion.
    ASSERT_TRUE(db.join_network("net", now).ok());
    bool deleted = false;
    for (const auto& each : db.take_effects().reliables)
        for (const std::string& part : parts_of(sync_of(each).payload))
            if (auto message = decode_envelope(part); message->type == message_type::table_event)
                deleted = deleted || decode_table_event(message->data)->change == table_change::remove;
    EXPECT_TRUE(deleted);
    ASSERT_TRUE(db.leave_network("net", now).ok());
    db.advance(now += minutes(31));
    db.advance(now += minutes(31));
    EXPECT_TRUE(db.own_networks().empty());
}

TEST_F(one_node, failed_nodes_are_tried_again) {
    share_net();
    db.node_left("peer", false, now);
    db.advance(now += seconds(1));
    EXPECT_EQ(db.take_effects().joins, (std::vector<ip_endpoint>{peer_address}));
    // Not twice at a time.
    db.advance(now += seconds(1));
    EXPECT_TRUE(db.take_effects().joins.empty());
    db.join_ended(peer_address, false, now);
    db.advance(now += seconds(1));
    EXPECT_EQ(db.take_effects().joins.size(), 1U);
    db.node_joined("peer", peer_address, now);
    db.join_ended(peer_address, true, now);
    // It says hello to all and syncs.
    EXPECT_EQ(db.take_effects().reliables.size(), 1U);
    db.advance(now += seconds(2));
    EXPECT_TRUE(db.take_effects().joins.empty());
}

TEST_F(one_node, rubbish_is_counted) {
    db.user_message(as_bytes("\x01\x02"), now);
    db.user_message({}, now);
    db.merge_remote_state(as_bytes(encode(node_event{membership_change::join, 1, "peer"})), now);
    hear(push_pull{1, "peer", {}});
    EXPECT_EQ(db.counters().undecodable, 4U);
    // A compound in a compound in a compound in a compound in a compound.
    std::string nested = encode(event(table_change::create, 1, "k"));
    for (int i = 0; i < 5; ++i) nested = encode_compound({nested});
    db.user_message(as_bytes(nested), now);
    EXPECT_EQ(db.counters().undecodable, 5U);
}

TEST_F(one_node, limits_hold) {
    networkdb_settings small = settings_of();
    small.entries_limit = 2;
    small.networks_per_node_limit = 2;
    network_db limited(small, 1, now);
    limited.node_joined("peer", peer_address, now);
    ASSERT_TRUE(limited.join_network("net", now).ok());
    for (int i = 0; i < 4; ++i) {
        limited.user_message(as_bytes(encode(network_event{membership_change::join, 5, "peer",
                                                           i == 0 ? "net" : std::to_string(i)})),
                             now);
        limited.user_message(as_bytes(encode(event(table_change::create, 5, std::to_string(i)))), now);
    }
    EXPECT_EQ(limited.own_networks().at("net")->own->entries.size(), 2U);
    EXPECT_EQ(limited.everyone().find_node("peer")->attachments.size(), 2U);
    EXPECT_EQ(limited.counters().over_limit, 4U);
}

TEST(cluster, a_change_reaches_all_within_half_a_second) {
    world hosts(5);
    for (int i = 0; i < 5; ++i) hosts.add();
    hosts.run(seconds(5));
    for (std::size_t i = 0; i < 5; ++i) ASSERT_TRUE(hosts.db(i).join_network("net", hosts.now()).ok());
    hosts.run(seconds(5));
    ASSERT_TRUE(hosts.db(0).create("net", "t", "k", "v", hosts.now()).ok());
    hosts.run(milliseconds(500));
    for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(hosts.table(i, "net").size(), 1U) << i;
}

}  // namespace
}  // namespace waggle::networkdb
