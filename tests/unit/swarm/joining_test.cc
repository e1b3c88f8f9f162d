#include <gtest/gtest.h>

#include "tests/unit/swarm/virtual_member.hh"

namespace waggle::control::swarm {
namespace {

using namespace std::chrono_literals;
using test::test_ca;
using test::virtual_member;

wire::GetRootCACertificateResponse root_of(const test_ca& ca) {
    wire::GetRootCACertificateResponse answer;
    answer.set_certificate(ca.root());
    return answer;
}

std::string failure(const virtual_member& host) {
    return host.join_outcome && !*host.join_outcome ? host.join_outcome->failure().message : "no failure";
}

TEST(joining, takes_each_step_with_the_checks_it_needs) {
    virtual_member host;
    host.core.join(host.ca.token(), {"192.0.2.1:2377"}, host.at);
    host.settle();
    EXPECT_EQ(host.seen.phase, phase::joining);
    auto link = host.next<open_link>();
    ASSERT_TRUE(link);
    EXPECT_EQ(link->checks, trust::none);
    const auto root = host.next_call<wire::GetRootCACertificateRequest>();
    ASSERT_TRUE(root);
    host.answer(*root, root_of(host.ca));
    const auto closed = host.next<close_link>();
    ASSERT_TRUE(closed);
    EXPECT_EQ(closed->link, link->link);
    link = host.next<open_link>();
    ASSERT_TRUE(link);
    EXPECT_EQ(link->checks, trust::joining);
    EXPECT_EQ(link->root, host.ca.root());
    EXPECT_TRUE(link->key.empty());
    ASSERT_TRUE(host.give_certificate());
    ASSERT_TRUE(host.join_outcome && *host.join_outcome);
    ASSERT_TRUE(host.kept);
    EXPECT_EQ(host.seen.node_id, "node1");
    EXPECT_EQ(host.seen.cluster_id, test_ca::cluster);
    EXPECT_EQ(host.seen.role, "worker");
    const auto share =
        std::chrono::duration<double>(host.seen.renewal - host.seen.certificate_begins) /
        std::chrono::duration<double>(host.seen.certificate_ends - host.seen.certificate_begins);
    EXPECT_GE(share, 0.5);
    EXPECT_LE(share, 0.8);
    host.run(1s);
    link = host.next<open_link>();
    ASSERT_TRUE(link);
    EXPECT_EQ(link->checks, trust::member);
    EXPECT_EQ(link->address, "192.0.2.1:2377");
}

TEST(joining, tells_nobody_the_token_whose_root_is_another) {
    virtual_member host;
    host.core.join(host.ca.token(), {"192.0.2.1:2377", "192.0.2.2:2377"}, host.at);
    host.settle();
    for (int i = 0; i < 2; ++i) {
        const auto root = host.next_call<wire::GetRootCACertificateRequest>();
        ASSERT_TRUE(root);
        host.answer(*root, root_of(test_ca()));
    }
    EXPECT_NE(failure(host).find("192.0.2.2:2377 has another root certificate"), std::string::npos)
        << failure(host);
    EXPECT_FALSE(host.next_call<wire::IssueNodeCertificateRequest>());
    while (const auto link = host.next<open_link>()) EXPECT_EQ(link->checks, trust::none);
    EXPECT_EQ(host.seen.phase, phase::outside);
    EXPECT_FALSE(host.kept);
}

TEST(joining, says_what_to_do_about_a_token_that_is_refused) {
    virtual_member host;
    host.core.join(host.ca.token(), {"192.0.2.1", "192.0.2.2"}, host.at);
    host.settle();
    host.answer(*host.next_call<wire::GetRootCACertificateRequest>(), root_of(host.ca));
    host.fail(*host.next_call<wire::IssueNodeCertificateRequest>(), call_code::invalid_argument,
              "A valid join token is necessary to join this cluster");
    EXPECT_NE(failure(host).find("docker swarm join-token worker"), std::string::npos);
    // The other managers would say the same.
    EXPECT_FALSE(host.next_call<wire::GetRootCACertificateRequest>());
}

TEST(joining, goes_on_with_the_next_manager) {
    virtual_member host;
    host.core.join(host.ca.token(), {"192.0.2.1:2377", "192.0.2.2:2377"}, host.at);
    host.settle();
    host.fail(*host.next_call<wire::GetRootCACertificateRequest>(), call_code::unavailable,
              "connect: refused");
    const auto root = host.next_call<wire::GetRootCACertificateRequest>();
    ASSERT_TRUE(root);
    host.answer(*root, root_of(host.ca));
    ASSERT_TRUE(host.give_certificate());
    EXPECT_TRUE(*host.join_outcome);
    ASSERT_EQ(host.seen.managers.size(), 1U);
    EXPECT_EQ(host.seen.managers[0].address, "192.0.2.2:2377");
}

TEST(joining, waits_for_a_certificate_that_is_pending) {
    virtual_member host;
    host.core.join(host.ca.token(), {"192.0.2.1:2377"}, host.at);
    host.settle();
    host.answer(*host.next_call<wire::GetRootCACertificateRequest>(), root_of(host.ca));
    const auto issue = host.next_call<wire::IssueNodeCertificateRequest>();
    ASSERT_TRUE(issue);
    const std::string csr = std::get<wire::IssueNodeCertificateRequest>(issue->what).csr();
    wire::IssueNodeCertificateResponse issued;
    issued.set_node_id("node1");
    host.answer(*issue, issued);
    wire::NodeCertificateStatusResponse pending;
    pending.mutable_status()->set_state(wire::IssuanceStatus::PENDING);
    host.answer(*host.next_call<wire::NodeCertificateStatusRequest>(), pending);
    EXPECT_FALSE(host.next_call<wire::NodeCertificateStatusRequest>());
    host.run(2s);
    // Of another request: not ours.
    auto ask = host.next_call<wire::NodeCertificateStatusRequest>();
    ASSERT_TRUE(ask);
    host.answer(*ask, virtual_member::certificate_status("other", host.ca.issue(csr, "node1")));
    EXPECT_FALSE(host.join_outcome);
    host.run(10s);
    ask = host.next_call<wire::NodeCertificateStatusRequest>();
    ASSERT_TRUE(ask);
    host.answer(*ask, virtual_member::certificate_status(csr, host.ca.issue(csr, "node1")));
    ASSERT_TRUE(host.join_outcome);
    EXPECT_TRUE(*host.join_outcome);
}

TEST(joining, gives_up_on_a_certificate_that_never_comes) {
    virtual_member host;
    host.core.join(host.ca.token(), {"192.0.2.1:2377"}, host.at);
    host.settle();
    host.answer(*host.next_call<wire::GetRootCACertificateRequest>(), root_of(host.ca));
    wire::IssueNodeCertificateResponse issued;
    issued.set_node_id("node1");
    host.answer(*host.next_call<wire::IssueNodeCertificateRequest>(), issued);
    for (int i = 0; i < 100 && !host.join_outcome; ++i) {
        if (const auto ask = host.next_call<wire::NodeCertificateStatusRequest>())
            host.answer(*ask, wire::NodeCertificateStatusResponse());
        host.run(5s);
    }
    EXPECT_NE(failure(host).find("within two minutes"), std::string::npos) << failure(host);
}

TEST(joining, refuses_certificates_that_are_not_this_hosts) {
    struct wrong {
        const char* what;
        std::string (*make)(virtual_member&, const std::string& csr);
        const char* told;
    };
    const wrong all[] = {
        {"garbage", [](virtual_member&, const std::string&) { return std::string("\0\xff garbage", 10); },
         "is no certificate"},
        {"another CA", [](virtual_member&, const std::string& csr) { return test_ca().issue(csr, "node1"); },
         "not of the swarm's root"},
        {"another node",
         [](virtual_member& host, const std::string& csr) { return host.ca.issue(csr, "node2"); },
         "of another node"},
        {"another key",
         [](virtual_member& host, const std::string&) {
             return host.ca.issue(make_certificate_request()->request, "node1");
         },
         "of another key"},
        {"ended",
         [](virtual_member& host, const std::string& csr) {
             return host.ca.issue(csr, "node1", "swarm-worker", {-2h, -1h});
         },
         "has ended"},
        {"endless", [](virtual_member&, const std::string&) { return std::string(1 << 20, 'x'); },
         "no certificate"},
    };
    for (const wrong& each : all) {
        virtual_member host;
        host.core.join(host.ca.token(), {"192.0.2.1:2377"}, host.at);
        host.settle();
        host.answer(*host.next_call<wire::GetRootCACertificateRequest>(), root_of(host.ca));
        const auto issue = host.next_call<wire::IssueNodeCertificateRequest>();
        const std::string csr = std::get<wire::IssueNodeCertificateRequest>(issue->what).csr();
        wire::IssueNodeCertificateResponse issued;
        issued.set_node_id("node1");
        host.answer(*issue, issued);
        host.answer(*host.next_call<wire::NodeCertificateStatusRequest>(),
                    virtual_member::certificate_status(csr, each.make(host, csr)));
        EXPECT_NE(failure(host).find(each.told), std::string::npos) << each.what << ": " << failure(host);
        EXPECT_FALSE(host.kept) << each.what;
        EXPECT_EQ(host.seen.phase, phase::outside) << each.what;
    }
}

TEST(joining, is_refused_for_what_the_operator_got_wrong) {
    virtual_member host;
    const auto outcome = [&](const std::string& token, std::vector<std::string> managers) {
        host.join_outcome.reset();
        host.core.join(token, std::move(managers), host.at);
        host.settle();
        return failure(host);
    };
    EXPECT_NE(outcome("nonsense", {"192.0.2.1"}).find("no join token"), std::string::npos);
    EXPECT_NE(outcome(host.ca.token(), {}).find("no manager is named"), std::string::npos);
    for (const char* address : {"0.0.0.0:2377", "192.0.2.1:0", "192.0.2.1:70000", "unix:///x", "a b:1",
                                ":2377", "224.0.0.1:2377", "192.0.2.1:2377:1"})
        EXPECT_NE(outcome(host.ca.token(), {address}).find("no address of a manager"), std::string::npos)
            << address;
    EXPECT_TRUE(host.effects.empty());
    host.join();
    EXPECT_NE(outcome(host.ca.token(), {"192.0.2.1"}).find("a node of a swarm already"), std::string::npos);
}

TEST(joining, fails_whole_if_the_identity_can_not_be_kept) {
    virtual_member host;
    host.disk_fails = true;
    host.core.join(host.ca.token(), {"192.0.2.1:2377"}, host.at);
    host.settle();
    host.answer(*host.next_call<wire::GetRootCACertificateRequest>(), root_of(host.ca));
    ASSERT_TRUE(host.give_certificate());
    EXPECT_NE(failure(host).find("the disk is full"), std::string::npos);
    EXPECT_EQ(host.seen.phase, phase::outside);
    host.run(1min);
    EXPECT_FALSE(host.next<swarm::open_session>());
}

TEST(joining, of_a_removed_node_makes_a_new_one) {
    virtual_member host;
    host.become_ready();
    host.core.stream_ended(host.session,
                           {call_code::permission_denied, "Permission denied: node1 was removed from swarm"},
                           host.at);
    host.settle();
    EXPECT_EQ(host.seen.phase, phase::expelled);
    EXPECT_NE(host.seen.problem.find("join again with a token"), std::string::npos);
    host.effects.clear();
    host.run(10min);
    EXPECT_FALSE(host.next<open_link>());
    host.node_id = "node2";
    host.join_outcome.reset();
    host.join();
    ASSERT_TRUE(host.open_the_session());
    EXPECT_EQ(host.seen.node_id, "node2");
    EXPECT_EQ(host.seen.phase, phase::ready);
}

}  // namespace
}  // namespace waggle::control::swarm
