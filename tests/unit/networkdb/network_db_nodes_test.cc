#include "tests/unit/networkdb/one_node.hh"

namespace waggle::networkdb {
namespace {

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

TEST_F(one_node, the_present_life_at_an_address_is_back_when_a_former_one_heard_of_later_is_dead) {
    const auto joins = [&] { return db.take_effects().joins; };
    const auto state_of = [&](const std::string& name) { return db.everyone().find_node(name)->state; };
    db.node_joined("former", peer_address, now);
    EXPECT_EQ(state_of("peer"), node_state::left);
    // Somebody else at another address says nothing of these.
    db.node_left("other", false, now);
    EXPECT_EQ(state_of("peer"), node_state::left);
    EXPECT_TRUE(joins().empty());
    db.node_left("former", false, now);
    EXPECT_EQ(state_of("peer"), node_state::active);
    EXPECT_EQ(joins(), std::vector{peer_address});
    EXPECT_EQ(db.everyone().at_address(peer_address)->name, "peer");
    EXPECT_TRUE(db.everyone().replaced_at(peer_address).empty());

    // The last of several lives; and one that is somewhere else by now is not back here.
    const ip_endpoint elsewhere{*ip_address::parse("192.0.2.9"), 7946};
    for (const char* name : {"second", "third", "fourth"}) db.node_joined(name, peer_address, now);
    db.node_moved("third", elsewhere);
    db.node_left("fourth", false, now);
    EXPECT_EQ(state_of("second"), node_state::active);
    EXPECT_EQ(state_of("third"), node_state::left);
    EXPECT_EQ(db.everyone().replaced_at(elsewhere).size(), 1U);
    // Forgotten nodes are in no list.
    db.advance(now += hours(25));
    EXPECT_TRUE(db.everyone().replaced_at(elsewhere).empty());
}

TEST_F(one_node, the_present_life_at_an_address_is_back_when_it_answers_after_a_former_one_was_heard_of) {
    share_net();
    const auto state_of = [&](const std::string& name) { return db.everyone().find_node(name)->state; };
    db.node_joined("former", peer_address, now);
    networkdb_effects wanted = db.take_effects();
    ASSERT_EQ(wanted.pings.size(), 1U);
    EXPECT_EQ(wanted.pings[0].name, "peer");
    EXPECT_EQ(wanted.pings[0].address, peer_address);
    EXPECT_EQ(state_of("peer"), node_state::left);

    db.node_answered("peer", now);
    wanted = db.take_effects();
    EXPECT_EQ(wanted.joins, std::vector{peer_address});
    EXPECT_EQ(state_of("peer"), node_state::active);
    EXPECT_EQ(state_of("former"), node_state::left);
    EXPECT_EQ(db.everyone().at_address(peer_address)->name, "peer");
    EXPECT_EQ(db.active_nodes(), 3U);
    // Once is enough, and the end of the former one is no news.
    db.node_answered("peer", now);
    db.node_answered("nobody", now);
    db.node_left("former", false, now);
    EXPECT_EQ(state_of("peer"), node_state::active);
    EXPECT_EQ(db.active_nodes(), 3U);
    EXPECT_TRUE(db.take_effects().empty());

    // A host that has been there for long hears of lives in their order; one that is dead is not asked.
    db.node_left("peer", false, now);
    db.node_joined("next", peer_address, now);
    EXPECT_TRUE(db.take_effects().pings.empty());
    db.node_answered("peer", now);
    EXPECT_EQ(state_of("next"), node_state::active);
    now += db.settings().order_doubted;
    db.node_joined("last", peer_address, now);
    EXPECT_TRUE(db.take_effects().pings.empty());
}

TEST_F(one_node, its_own_former_lives_count_as_gone) {
    share_net();
    const ip_endpoint own = db.self().address;
    for (const char* name : {"self-before", "self-long-before"}) {
        db.node_joined(name, own, now);
        hear(network_event{membership_change::join, 30, name, "net"});
        hear(event(table_change::create, 31, name, "v", name));
    }
    EXPECT_EQ(stored(), 0U);
    EXPECT_EQ(db.active_nodes(), 3U);
    EXPECT_EQ(db.everyone().at_address(own), &db.self());
    // Nor does the end of one bring another back, nor the word of somebody who has not noticed it.
    db.take_effects();
    db.node_left("self-before", false, now);
    db.node_joined("self-before", own, now);
    EXPECT_EQ(db.everyone().find_node("self-before")->state, node_state::left);
    EXPECT_EQ(db.everyone().find_node("self-long-before")->state, node_state::left);
    EXPECT_EQ(db.active_nodes(), 3U);
    EXPECT_TRUE(db.take_effects().joins.empty());
    // One that was known elsewhere leaves nothing behind there.
    db.node_joined("peer", own, now);
    EXPECT_EQ(db.everyone().find_node("peer")->state, node_state::left);
    EXPECT_EQ(db.everyone().at_address(peer_address), nullptr);
    EXPECT_EQ(db.everyone().at_address(own), &db.self());
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

}  // namespace
}  // namespace waggle::networkdb
