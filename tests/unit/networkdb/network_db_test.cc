#include "tests/unit/networkdb/one_node.hh"

namespace waggle::networkdb {
namespace {

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
