#include <gtest/gtest.h>

#include "control/gossip/networkdb/codec.hh"
#include "control/gossip/networkdb/network_db.hh"

namespace waggle::networkdb {
namespace {

using std::chrono::seconds;

/// One node in "net" that hears of "late" in another order than it happened.
class early_messages : public testing::Test {
protected:
    early_messages() : db(settings_of(), 3, now) {
        db.node_joined("peer", {*ip_address::parse("192.0.2.2"), 7946}, now);
        hear(network_event{membership_change::join, 10, "peer", "net"});
        EXPECT_TRUE(db.join_network("net", now).ok());
        db.take_effects();
    }
    static networkdb_settings settings_of() {
        networkdb_settings settings;
        settings.name = "self";
        settings.address = {*ip_address::parse("192.0.2.1"), 7946};
        settings.early_limit = 1000;
        return settings;
    }
    template <typename Message>
    void hear(const Message& message) {
        db.user_message(gossip::copy_of(gossip::view_of(encode(message))), now);
    }
    void hear_of_endpoint(const std::string& key = "k", const std::string& network = "net") {
        hear(table_event{table_change::create, 20, "late", network, "t", key, "v", 0});
    }
    void hear_of_network(const std::string& network = "net") {
        hear(network_event{membership_change::join, 11, "late", network});
    }
    void hear_of_node() { db.node_joined("late", {*ip_address::parse("192.0.2.3"), 7946}, now); }
    std::vector<std::string> told() {
        std::vector<std::string> keys;
        for (const entry_change& each : db.take_effects().changes) keys.push_back(each.key);
        return keys;
    }
    using lines = std::vector<std::string>;

    time_point now{seconds(1000)};
    network_db db;
};

TEST_F(early_messages, count_when_the_owner_takes_part) {
    hear_of_node();
    hear_of_endpoint();
    hear_of_endpoint();
    EXPECT_TRUE(told().empty());
    hear_of_network();
    EXPECT_EQ(told(), lines{"k"});
    EXPECT_EQ(db.own_networks().at("net")->own->heard_events.size(), 1U) << "and are passed on";
    EXPECT_EQ(db.counters().early_messages, 1U) << "each waits once";
}

// A host that has just come asks those who have not heard of it; stock ones never answer.
TEST_F(early_messages, a_bulk_sync_is_answered_when_the_node_becomes_known) {
    hear(bulk_sync{9, true, "late", {"net"}, encode_compound({})});
    EXPECT_TRUE(db.take_effects().reliables.empty());
    EXPECT_EQ(db.counters().bulk_syncs_received, 0U);
    hear_of_node();
    const auto answers = db.take_effects().reliables;
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0].to.ip, *ip_address::parse("192.0.2.3"));
    EXPECT_EQ(db.counters().bulk_syncs_received, 1U);
}

// The first request may have gone to a node that has not heard of this one; later ones have not.
TEST_F(early_messages, a_new_host_asks_the_next_one_sooner) {
    const auto patience = [&](duration after_start) {
        now = time_point(seconds(1000)) + after_start;
        networkdb_settings settings = settings_of();
        network_db asking(settings, 4, time_point(seconds(1000)));
        for (int i = 0; i < 5; ++i)
            asking.node_joined("peer" + std::to_string(i), {ip_address::from_v4(0xc000'0210U + i), 7946},
                               now);
        for (int i = 0; i < 5; ++i)
            asking.user_message(gossip::copy_of(gossip::view_of(encode(network_event{
                                    membership_change::join, 10, "peer" + std::to_string(i), "net"}))),
                                now);
        EXPECT_TRUE(asking.join_network("net", now).ok());
        EXPECT_EQ(asking.take_effects().reliables.size(), 1U);
        for (int step = 1; step < 100; ++step) {
            now += std::chrono::milliseconds(100);
            asking.advance(now);
            if (!asking.take_effects().reliables.empty()) return step * std::chrono::milliseconds(100);
        }
        return std::chrono::milliseconds(0);
    };
    EXPECT_EQ(patience(seconds(0)), std::chrono::milliseconds(1500));
    EXPECT_EQ(patience(seconds(60)), std::chrono::milliseconds(5000));
}

// Where many start at once, nobody whom a new host knows at first may know it yet.
TEST_F(early_messages, a_new_host_that_nobody_answers_asks_again) {
    std::size_t asked = 0;
    const auto pass = [&](duration time) {
        for (const time_point end = now + time; now < end; now += std::chrono::milliseconds(100)) {
            db.advance(now);
            asked += db.take_effects().reliables.size();
        }
    };
    // The request of the join was taken before.
    pass(seconds(10));
    EXPECT_GE(asked, 2U);
    // An answer of the only peer is all that can be had; then the periodic syncs go on.
    hear(bulk_sync{100, false, "peer", {"net"}, encode_compound({})});
    pass(seconds(2));
    asked = 0;
    pass(seconds(10));
    EXPECT_EQ(asked, 0U);
}

TEST_F(early_messages, count_when_the_node_becomes_known) {
    hear_of_endpoint();
    hear_of_network();
    EXPECT_TRUE(told().empty());
    hear_of_node();
    EXPECT_EQ(told(), lines{"k"});
}

TEST_F(early_messages, wait_for_their_own_network) {
    ASSERT_TRUE(db.join_network("net2", now).ok());
    hear_of_node();
    hear_of_endpoint("k2", "net2");
    hear_of_network();
    EXPECT_TRUE(told().empty());
    hear_of_network("net2");
    EXPECT_EQ(told(), lines{"k2"});
}

TEST_F(early_messages, are_forgotten_after_a_while) {
    hear_of_endpoint();
    now += db.settings().early_patience + seconds(1);
    db.advance(now);
    hear_of_node();
    hear_of_network();
    EXPECT_TRUE(told().empty());
}

TEST_F(early_messages, of_a_node_that_left_do_not_count) {
    hear_of_node();
    hear_of_network();
    db.node_left("late", true, now);
    hear_of_endpoint();
    EXPECT_EQ(db.counters().early_messages, 0U);
}

TEST_F(early_messages, fill_no_more_than_the_limit) {
    for (int i = 0; i < 100; ++i) hear_of_endpoint("key" + std::to_string(i));
    EXPECT_GT(db.counters().over_limit, 0U);
    EXPECT_LT(db.counters().early_messages, 30U);
    // What was let go leaves room again.
    now += db.settings().early_patience + seconds(1);
    db.advance(now);
    hear_of_endpoint("last");
    hear_of_node();
    hear_of_network();
    EXPECT_EQ(told(), lines{"last"});
}

}  // namespace
}  // namespace waggle::networkdb
