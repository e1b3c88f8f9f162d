#include "tests/unit/networkdb/one_node.hh"

namespace waggle::networkdb {
namespace {

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

}  // namespace
}  // namespace waggle::networkdb
