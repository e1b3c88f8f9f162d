#include <gtest/gtest.h>

#include "tests/unit/swarm/virtual_member.hh"

namespace waggle::control::swarm {
namespace {

using namespace std::chrono_literals;
using test::test_ca;
using test::virtual_member;

wire::HeartbeatResponse period(std::int64_t seconds) {
    wire::HeartbeatResponse answer;
    answer.mutable_period()->set_seconds(seconds);
    return answer;
}

std::vector<std::uint64_t> times(const std::vector<session_key>& keys) {
    std::vector<std::uint64_t> all;
    for (const session_key& each : keys) all.push_back(each.lamport_time);
    return all;
}

TEST(a_session, beats_at_once_and_then_at_the_period_it_is_told) {
    virtual_member host;
    host.become_ready();
    auto beat = host.next_call<wire::HeartbeatRequest>();
    ASSERT_TRUE(beat);
    EXPECT_EQ(std::get<wire::HeartbeatRequest>(beat->what).session_id(), host.session_id);
    host.answer(*beat, period(5));
    host.run(4900ms);
    EXPECT_FALSE(host.next_call<wire::HeartbeatRequest>());
    host.run(200ms);
    beat = host.next_call<wire::HeartbeatRequest>();
    ASSERT_TRUE(beat);
    // A period of nothing, or of a year, is not believed.
    for (const std::int64_t odd : {std::int64_t{0}, std::int64_t{-7}, std::int64_t{1} << 60}) {
        host.answer(*beat, period(odd));
        host.run(199ms);
        EXPECT_FALSE(host.next_call<wire::HeartbeatRequest>());
        host.run(60s);
        beat = host.next_call<wire::HeartbeatRequest>();
        ASSERT_TRUE(beat);
    }
}

TEST(a_session, that_is_lost_is_had_again_after_a_random_wait) {
    for (const auto code : {call_code::not_found, call_code::invalid_argument, call_code::unavailable,
                            call_code::aborted, call_code::deadline_exceeded}) {
        virtual_member host;
        host.become_ready();
        const std::string old = host.session_id;
        while (host.next<close_link>()) continue;
        host.fail(*host.next_call<wire::HeartbeatRequest>(), code, "gone");
        EXPECT_EQ(host.seen.phase, phase::disconnected);
        EXPECT_NE(host.seen.problem.find("gone"), std::string::npos);
        const auto closed = host.next<close_link>();
        ASSERT_TRUE(closed);
        EXPECT_EQ(closed->link, host.link);
        ASSERT_TRUE(host.open_the_session());
        EXPECT_EQ(host.seen.phase, phase::ready);
        EXPECT_TRUE(host.seen.problem.empty());
        EXPECT_NE(host.session_id, old);
    }
}

TEST(a_session, is_not_asked_for_in_a_storm) {
    virtual_member host;
    host.join();
    int attempts = 0;
    const moment begin = host.at.now;
    while (host.at.now < begin + 10min) {
        if (const auto asked = host.next<swarm::open_session>()) {
            ++attempts;
            host.core.stream_ended(asked->stream,
                                   {call_code::unavailable, "exceeded rate limit count of registrations"},
                                   host.at);
            host.settle();
            host.effects.clear();
        }
        host.run(50ms);
    }
    // At most 8 s between, 4 s on average.
    EXPECT_GT(attempts, 80);
    EXPECT_LT(attempts, 300);
}

TEST(a_session, that_does_not_begin_is_given_up) {
    virtual_member host;
    host.join();
    ASSERT_TRUE(host.take_session_request());
    host.run(11s);
    EXPECT_NE(host.seen.problem.find("did not answer within 10 s"), std::string::npos);
    EXPECT_TRUE(host.open_the_session());
}

TEST(a_session, tries_the_managers_it_was_told_of) {
    virtual_member host;
    host.become_ready();
    auto message = host.session_message();
    virtual_member::add_manager(message, "192.0.2.2:2377");
    virtual_member::add_manager(message, "192.0.2.3:2377");
    // What can't be dialled is left out.
    virtual_member::add_manager(message, "0.0.0.0:2377");
    virtual_member::add_manager(message, "unix:///run/docker.sock");
    for (int i = 0; i < 200; ++i)
        virtual_member::add_manager(message, "192.0.3." + std::to_string(i) + ":2377", -256);
    host.tell(message);
    EXPECT_EQ(host.seen.managers.size(), manager_list::most);
    std::set<std::string> tried;
    for (int i = 0; i < 200 && tried.size() < 3; ++i) {
        host.core.stream_ended(host.session, {call_code::unavailable, "gone"}, host.at);
        host.settle();
        host.effects.clear();
        host.run(9s);
        const auto link = host.next<open_link>();
        ASSERT_TRUE(link);
        tried.insert(link->address);
        const auto asked = host.next<swarm::open_session>();
        ASSERT_TRUE(asked);
        host.session = asked->stream;
    }
    EXPECT_GE(tried.size(), 3U);
}

TEST(a_session, rotates_keys_and_sorts_them_by_their_time) {
    virtual_member host;
    host.become_ready();
    EXPECT_EQ(times(host.seen.gossip_keys), (std::vector<std::uint64_t>{10, 11, 12}));
    EXPECT_EQ(times(host.seen.ipsec_keys), (std::vector<std::uint64_t>{20, 21, 22}));
    ASSERT_TRUE(host.next<keep_keys>());
    auto message = host.session_message();
    message.clear_network_bootstrap_keys();
    for (const std::uint64_t time : {13, 11, 12})
        virtual_member::add_key(message, "networking:gossip", time, 'r');
    // Of no use: another length, another subsystem, another algorithm, too many.
    message.add_network_bootstrap_keys()->set_subsystem("networking:ipsec");
    virtual_member::add_key(message, "networking:else", 1, 'r');
    virtual_member::add_key(message, "networking:ipsec", 2, 'r');
    message.mutable_network_bootstrap_keys()->rbegin()->set_algorithm(
        static_cast<wire::EncryptionKey::Algorithm>(7));
    host.tell(message);
    EXPECT_EQ(times(host.seen.gossip_keys), (std::vector<std::uint64_t>{11, 12, 13}));
    EXPECT_EQ(times(host.seen.ipsec_keys), (std::vector<std::uint64_t>{20, 21, 22}));
    ASSERT_TRUE(host.next<keep_keys>());
    for (std::uint64_t i = 0; i < 1000; ++i)
        virtual_member::add_key(message, "networking:ipsec", 100 + i, 'r');
    host.tell(message);
    EXPECT_EQ(host.seen.ipsec_keys.size(), 16U);
    // None at all is no order.
    message.clear_network_bootstrap_keys();
    host.tell(message);
    EXPECT_EQ(host.seen.gossip_keys.size(), 3U);
}

TEST(a_session, tells_port_and_load_balancers) {
    virtual_member host;
    host.become_ready();
    auto message = host.session_message();
    message.mutable_node()->set_vxlan_udp_port(4790);
    auto& each = *message.mutable_node()->add_attachments();
    each.mutable_network()->set_id("net-red");
    each.add_addresses("10.0.1.12/24");
    message.mutable_node()->add_attachments()->add_addresses("garbage");
    host.tell(message);
    EXPECT_EQ(host.seen.vxlan_port, 4790);
    ASSERT_EQ(host.seen.load_balancers.size(), 1U);
    EXPECT_EQ(host.seen.load_balancers["net-red"].to_string(), "10.0.1.12/24");
    message.mutable_node()->set_vxlan_udp_port(1 << 20);
    message.mutable_node()->clear_attachments();
    host.tell(message);
    EXPECT_EQ(host.seen.vxlan_port, 4789);
    EXPECT_TRUE(host.seen.load_balancers.empty());
}

TEST(a_session, without_an_id_is_none) {
    virtual_member host;
    host.join();
    ASSERT_TRUE(host.take_session_request());
    host.tell(wire::SessionMessage());
    EXPECT_EQ(host.seen.phase, phase::disconnected);
    ASSERT_TRUE(host.take_session_request());
    wire::SessionMessage endless;
    endless.set_session_id(std::string(1 << 16, 'x'));
    host.tell(endless);
    EXPECT_EQ(host.seen.phase, phase::disconnected);
}

TEST(a_certificate, is_renewed_in_its_time_on_the_sessions_link) {
    virtual_member host;
    host.become_ready();
    const auto first = *host.kept;
    const auto until = std::chrono::ceil<std::chrono::milliseconds>(host.seen.renewal - host.at.wall);
    const auto beat = [&](std::chrono::milliseconds time) {
        for (auto left = time; left > 0ms; left -= 1h) {
            if (const auto call = host.next_call<wire::HeartbeatRequest>()) host.answer(*call, period(3600));
            host.run(std::min<std::chrono::milliseconds>(left, 1h));
        }
    };
    beat(until - 5min);
    EXPECT_FALSE(host.next_call<wire::IssueNodeCertificateRequest>());
    host.run(10min);
    const auto old_link = host.link;
    while (host.next<open_link>()) continue;
    ASSERT_TRUE(host.give_certificate({-1h, 24h * 200}));
    EXPECT_NE(host.kept->certificate, first.certificate);
    EXPECT_NE(host.kept->key, first.key);
    // Not a moment outside: a new session with the new certificate takes over.
    EXPECT_EQ(host.seen.phase, phase::ready);
    bool closed = false;
    while (const auto each = host.next<close_link>()) closed = closed || each->link == old_link;
    EXPECT_TRUE(closed);
    host.core.advance(host.at);
    host.settle();
    const auto link = host.next<open_link>();
    ASSERT_TRUE(link);
    EXPECT_EQ(link->certificate, host.kept->certificate);
    EXPECT_TRUE(host.open_the_session());
    EXPECT_EQ(host.seen.phase, phase::ready);
}

TEST(a_certificate, is_renewed_when_the_managers_want_it) {
    for (const bool by_role : {false, true}) {
        virtual_member host;
        host.become_ready();
        auto message = host.session_message();
        if (by_role) {
            message.mutable_node()->set_role(wire::MANAGER);
        } else {
            message.mutable_node()->mutable_certificate()->mutable_status()->set_state(
                wire::IssuanceStatus::ROTATE);
        }
        host.tell(message);
        ASSERT_TRUE(host.give_certificate({}, by_role ? "swarm-manager" : "swarm-worker"));
        ASSERT_TRUE(host.open_the_session());
        EXPECT_EQ(host.seen.role, by_role ? "manager" : "worker");
        EXPECT_EQ(host.seen.problem.find("docker node demote") != std::string::npos, by_role);
        // One that wants it for ever does not get it at every message.
        host.effects.clear();
        message.set_session_id(host.session_id);
        for (int i = 0; i < 50; ++i) host.tell(message);
        EXPECT_FALSE(host.next_call<wire::IssueNodeCertificateRequest>());
    }
}

TEST(a_certificate, that_is_not_renewed_is_told_and_tried_again) {
    virtual_member host;
    host.become_ready();
    auto message = host.session_message();
    message.mutable_node()->mutable_certificate()->mutable_status()->set_state(wire::IssuanceStatus::ROTATE);
    host.tell(message);
    host.fail(*host.next_call<wire::IssueNodeCertificateRequest>(), call_code::unknown, "the CA is away");
    EXPECT_NE(host.seen.problem.find("the CA is away"), std::string::npos);
    EXPECT_EQ(host.seen.phase, phase::ready);
    host.answer(*host.next_call<wire::HeartbeatRequest>(), period(60));
    host.run(5s);
    // The disk takes it not: it serves this life all the same.
    host.disk_fails = true;
    ASSERT_TRUE(host.give_certificate());
    ASSERT_TRUE(host.open_the_session());
    EXPECT_EQ(host.seen.phase, phase::ready);
    EXPECT_TRUE(host.seen.problem.empty());
}

TEST(a_certificate, that_has_ended_expels) {
    virtual_member host;
    host.join({-1h, 1h});
    ASSERT_TRUE(host.open_the_session());
    host.at.wall += 2h;
    host.run(11s);
    EXPECT_EQ(host.seen.phase, phase::expelled);
    EXPECT_NE(host.seen.problem.find("has ended"), std::string::npos);
    EXPECT_NE(host.seen.problem.find("join again with a token"), std::string::npos);
}

TEST(a_root, is_taken_up_if_the_own_certificate_is_of_it) {
    virtual_member host;
    host.become_ready();
    const test_ca next;
    auto message = host.session_message();
    message.set_root_ca(next.root());
    host.tell(message);
    EXPECT_EQ(host.kept->root, host.ca.root());
    message.set_root_ca("garbage");
    host.tell(message);
    message.set_root_ca(std::string(1 << 20, 'x'));
    host.tell(message);
    EXPECT_EQ(host.kept->root, host.ca.root());
    message.set_root_ca(host.ca.root() + next.root());
    host.tell(message);
    EXPECT_EQ(host.kept->root, host.ca.root() + next.root());
    // Told to the managers, who wait for it.
    host.run(1ms);
    const auto asked = host.next<swarm::open_session>();
    ASSERT_TRUE(asked);
    EXPECT_EQ(asked->what.description().tls_info().trust_root(), host.kept->root);
    EXPECT_FALSE(asked->what.description().tls_info().cert_issuer_public_key().empty());
}

}  // namespace
}  // namespace waggle::control::swarm
