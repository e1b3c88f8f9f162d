#include <gtest/gtest.h>

#include "control/gossip/networkdb/codec.hh"
#include "control/gossip/networkdb/network_db.hh"

namespace waggle::networkdb {
namespace {

/// Two names at one address, of which the member list hears in the wrong order.
class names_at_one_address : public testing::Test {
protected:
    names_at_one_address()
        : db({.name = "self", .address = {*ip_address::parse("192.0.2.1"), 7946}}, 3, now) {}
    node_state state_of(const char* name) const { return db.everyone().find_node(name)->state; }

    const ip_endpoint address{*ip_address::parse("192.0.2.2"), 7946};
    time_point now{std::chrono::seconds(1000)};
    network_db db;
};

TEST_F(names_at_one_address, the_one_that_lives_is_believed_again_when_the_other_is_found_dead) {
    db.node_joined("present-life", address, now);
    db.node_joined("former-life", address, now);
    EXPECT_EQ(state_of("present-life"), node_state::left);
    db.take_effects();
    db.node_left("former-life", false, now);
    EXPECT_EQ(state_of("present-life"), node_state::active);
    // What it takes part in is asked of it at once.
    EXPECT_EQ(db.take_effects().joins, std::vector<ip_endpoint>{address});
    EXPECT_EQ(db.everyone().at_address(address)->name, "present-life");
    EXPECT_EQ(db.active_nodes(), 2U);
}

TEST_F(names_at_one_address, a_former_life_that_is_gone_stays_gone) {
    db.node_joined("former-life", address, now);
    db.node_joined("present-life", address, now);
    db.node_left("former-life", false, now);
    db.node_left("present-life", false, now);
    EXPECT_EQ(state_of("former-life"), node_state::left);
    EXPECT_EQ(state_of("present-life"), node_state::failed);
}

TEST_F(names_at_one_address, who_left_by_its_own_will_stays_gone) {
    db.node_joined("leaver", address, now);
    db.user_message(
        gossip::copy_of(gossip::view_of(encode(node_event{membership_change::leave, 9, "leaver"}))), now);
    db.node_joined("next", address, now);
    db.node_left("next", false, now);
    EXPECT_EQ(state_of("leaver"), node_state::left);
}

}  // namespace
}  // namespace waggle::networkdb
