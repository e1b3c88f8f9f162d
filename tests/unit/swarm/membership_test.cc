// The membership as the agent has it, against a manager of the test: sockets, TLS, threads and files are
// real.
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/unit/swarm/fake_manager.hh"
#include "tests/unit/swarm/membership_host.hh"
#include "tests/unit/swarm/plain_tls_server.hh"

namespace waggle::control::swarm {
namespace {

using namespace std::chrono_literals;
namespace wire = docker::swarmkit::v1;
using test::fake_manager;
using test::membership_host;
using test::test_ca;

wire::AssignmentsMessage message(wire::AssignmentsMessage::Type type, const std::string& applies,
                                 const std::string& results) {
    wire::AssignmentsMessage made;
    made.set_type(type);
    made.set_applies_to(applies);
    made.set_results_in(results);
    return made;
}

wire::Task& add_task(wire::AssignmentsMessage& to, const std::string& id, const std::string& container) {
    wire::Task& task = *to.add_changes()->mutable_assignment()->mutable_task();
    task.set_id(id);
    task.set_desired_state(wire::RUNNING);
    task.mutable_status()->set_state(wire::ASSIGNED);
    task.mutable_spec()->mutable_attachment()->set_container_id(container);
    auto& given = *task.add_networks();
    given.add_addresses("10.0.1.11/24");
    auto& on = *given.mutable_network();
    on.set_id("net1");
    on.mutable_spec()->mutable_annotations()->set_name("red");
    on.mutable_driver_state()->set_name("overlay");
    (*on.mutable_driver_state()->mutable_options())["com.docker.network.driver.overlay.vxlanid_list"] =
        "4097";
    on.mutable_ipam()->add_configs()->set_subnet("10.0.1.0/24");
    return task;
}

fake_manager::behaviour usual() {
    fake_manager::behaviour how;
    how.complete = message(wire::AssignmentsMessage::COMPLETE, "", "1");
    for (const char* subsystem : {"networking:gossip", "networking:ipsec"}) {
        for (std::uint64_t time = 1; time < 4; ++time) {
            wire::EncryptionKey key;
            key.set_subsystem(subsystem);
            key.set_lamport_time(time);
            key.set_key("0123456789abcdef");
            how.keys.push_back(key);
        }
    }
    return how;
}

TEST(membership, joins_attaches_and_survives_a_restart) {
    test_ca ca;
    fake_manager manager(ca, ca.server(), usual());
    membership_host host;
    EXPECT_EQ(host.member->state().phase, phase::outside);
    const auto joined = host.join(ca.token(), {manager.address()});
    ASSERT_TRUE(joined) << joined.failure().message;
    EXPECT_EQ(host.member->state().node_id, "node1");
    ASSERT_TRUE(host.is(phase::ready));
    ASSERT_TRUE(host.until([&] { return host.member->state().complete; }));
    EXPECT_EQ(host.member->state().session_manager, manager.address());
    EXPECT_EQ(host.member->state().gossip_keys.size(), 3U);

    host.member->want({{"c1", {"red", {"web"}, {}}}});
    ASSERT_TRUE(host.until([&] { return !manager.heard().attached.empty(); }));
    auto change = message(wire::AssignmentsMessage::INCREMENTAL, "1", "2");
    add_task(change, "task1", "c1");
    manager.assign(change);
    ASSERT_TRUE(host.until([&] { return host.member->state().attachments.contains("c1"); }));
    ASSERT_TRUE(host.until([&] { return !manager.heard().updates.empty(); }));
    EXPECT_EQ(manager.heard().updates[0].status().state(), wire::RUNNING);
    ASSERT_TRUE(host.until([&] { return manager.heard().heartbeats > 2; }));

    const auto heard = manager.heard();
    EXPECT_EQ(heard.session_names, (std::vector<std::string>{"node1"}));
    const auto& described = heard.descriptions[0];
    EXPECT_EQ(described.hostname(), "waggle1");
    EXPECT_EQ(described.platform().os(), "linux");
    EXPECT_GT(described.resources().memory_bytes(), 0);
    EXPECT_EQ(described.engine().plugins(0).name(), "overlay");
    EXPECT_EQ(described.engine().labels().at("waggle"), "true");
    EXPECT_EQ(described.tls_info().trust_root(), ca.root());

    struct stat about {};
    ASSERT_EQ(::stat((host.folder + "/state/identity").c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777U, 0600U);
    ASSERT_TRUE(host.until([&] { return std::filesystem::exists(host.folder + "/state/state"); }));
    // The managers' words are written half a second after they are heard.
    const auto end = std::chrono::steady_clock::now() + 2s;
    host.until([&] { return std::chrono::steady_clock::now() > end; });

    manager.change([&](fake_manager::behaviour& how) { add_task(how.complete, "task1", "c1"); });
    host.close();
    host.open();
    // Before any manager is heard.
    EXPECT_EQ(host.member->state().node_id, "node1");
    EXPECT_TRUE(host.member->state().attachments.contains("c1"));
    EXPECT_FALSE(host.member->state().complete);
    ASSERT_TRUE(host.is(phase::ready));
    ASSERT_TRUE(host.until([&] { return host.member->state().complete; }));
    host.member->want({{"c1", {"red", {"web"}, {}}}});

    std::optional<result<void>> outcome;
    host.member->leave([&](const result<void>& told) { outcome = told; });
    ASSERT_TRUE(host.until([&] { return outcome.has_value(); }));
    EXPECT_TRUE(*outcome);
    EXPECT_EQ(manager.heard().detached, (std::vector<std::string>{"task1"}));
    EXPECT_EQ(manager.heard().attached.size(), 1U);
    EXPECT_EQ(host.member->state().phase, phase::outside);
    EXPECT_FALSE(std::filesystem::exists(host.folder + "/state/identity"));
    EXPECT_FALSE(std::filesystem::exists(host.folder + "/state/state"));
}

TEST(membership, stops_with_streams_open) {
    test_ca ca;
    fake_manager manager(ca, ca.server(), usual());
    for (const bool release : {true, false}) {
        membership_host host;
        ASSERT_TRUE(host.join(ca.token(), {manager.address()}));
        ASSERT_TRUE(host.until([&] { return host.member->state().complete; }));
        bool stopped = false;
        host.member->stop(release, [&] { stopped = true; });
        EXPECT_TRUE(host.until([&] { return stopped; }));
        // Whoever comes later is told.
        EXPECT_FALSE(host.join(ca.token(), {manager.address()}));
    }
}

TEST(membership, shows_the_token_only_to_a_manager_of_the_pinned_root) {
    test_ca ca;
    test_ca other;
    struct attack {
        const char* what;
        test_ca::pair certificate;
        std::string root;
        const char* told;
    };
    const attack all[] = {
        {"another root", other.server(), other.root(), "another root certificate"},
        {"the right root, a certificate of another", other.server(), ca.root(), "TLS certificate"},
        {"an ended certificate", ca.server({"swarm-manager", "swarm-ca"}, {-2h, -1h}), ca.root(),
         "certificate has expired"},
        {"a certificate of tomorrow", ca.server({"swarm-manager", "swarm-ca"}, {24h, 48h}), ca.root(),
         "not yet valid"},
        {"a worker's certificate", ca.server({"swarm-worker", "node7"}, {}), ca.root(), "mismatch"},
        {"no certificate as root", ca.server(), "garbage", "another root certificate"},
    };
    for (const attack& each : all) {
        fake_manager::behaviour how = usual();
        how.root = each.root;
        fake_manager manager(ca, each.certificate, how);
        membership_host host;
        const auto joined = host.join(ca.token(), {manager.address()});
        ASSERT_FALSE(joined) << each.what;
        EXPECT_NE(joined.failure().message.find(each.told), std::string::npos)
            << each.what << ": " << joined.failure().message;
        EXPECT_TRUE(manager.heard().tokens.empty()) << each.what;
        EXPECT_FALSE(std::filesystem::exists(host.folder + "/state/identity")) << each.what;
    }
}

TEST(membership, follows_a_manager_into_a_root_rotation) {
    test_ca ca;
    test_ca next;
    for (const bool bridge_holds : {true, false}) {
        auto shown = next.server();
        shown.certificate +=
            next.cross_signed_by(ca, bridge_holds ? test_ca::validity{} : test_ca::validity{-2h, -1h});
        fake_manager::behaviour how = usual();
        how.root = ca.root();
        fake_manager manager(ca, shown, how);
        membership_host host;
        const auto joined = host.join(ca.token(), {manager.address()});
        EXPECT_EQ(joined.ok(), bridge_holds) << (joined ? "" : joined.failure().message);
        EXPECT_EQ(manager.heard().tokens.size(), bridge_holds ? 1U : 0U);
        EXPECT_TRUE(host.is(bridge_holds ? phase::ready : phase::outside));
    }
}

TEST(membership, gives_no_certificate_to_a_manager_with_another_name) {
    test_ca ca;
    // Enough to join with, not enough for a session.
    fake_manager manager(ca, ca.server({"swarm-ca"}, {}), usual());
    membership_host host;
    ASSERT_TRUE(host.join(ca.token(), {manager.address()}));
    ASSERT_TRUE(
        host.until([&] { return host.member->state().problem.find("mismatch") != std::string::npos; }));
    EXPECT_TRUE(manager.heard().session_names.empty());
}

TEST(membership, does_not_go_below_tls_1_2) {
    test_ca ca;
    test::plain_tls_server old(ca.server(), TLS1_1_VERSION);
    membership_host host;
    const auto joined = host.join(ca.token(), {old.address()});
    ASSERT_FALSE(joined);
    EXPECT_NE(joined.failure().message.find("TLS handshake"), std::string::npos) << joined.failure().message;
    EXPECT_EQ(old.received(), "");
}

TEST(membership, needs_no_answer_to_alpn_and_bears_garbage) {
    test_ca ca;
    // As a manager whose certificate was renewed; then it talks nonsense.
    test::plain_tls_server odd(ca.server(), 0);
    membership_host host;
    const auto joined = host.join(ca.token(), {odd.address()});
    ASSERT_FALSE(joined);
    // HTTP/2 was begun, and nothing of the token was in it.
    EXPECT_EQ(odd.received().substr(0, 14), "PRI * HTTP/2.0");
    EXPECT_EQ(odd.received().find("SWMTKN"), std::string::npos);
}

TEST(membership, registers_again_whenever_a_manager_wants_it) {
    test_ca ca;
    fake_manager::behaviour how = usual();
    how.session_failures = {{grpc::StatusCode::UNAVAILABLE, "exceeded rate limit count of registrations"},
                            {grpc::StatusCode::ABORTED, "node must disconnect"},
                            {grpc::StatusCode::DEADLINE_EXCEEDED, "slow"}};
    how.heartbeat_failures = {{grpc::StatusCode::NOT_FOUND, "node not registered"},
                              {grpc::StatusCode::INVALID_ARGUMENT, "session invalid"},
                              {grpc::StatusCode::OK, ""},
                              {grpc::StatusCode::UNAVAILABLE, "no leader"}};
    fake_manager manager(ca, ca.server(), how);
    membership_host host;
    ASSERT_TRUE(host.join(ca.token(), {manager.address()}));
    ASSERT_TRUE(host.until([&] { return manager.heard().heartbeats > 8; }));
    ASSERT_TRUE(host.is(phase::ready));
    EXPECT_EQ(manager.heard().session_names.size(), 7U);
    EXPECT_EQ(manager.heard().issued, 1);
}

TEST(membership, renews_its_certificate_when_told_and_shows_the_new_one) {
    test_ca ca;
    fake_manager manager(ca, ca.server(), usual());
    membership_host host;
    ASSERT_TRUE(host.join(ca.token(), {manager.address()}));
    ASSERT_TRUE(host.is(phase::ready));
    const auto before = host.member->state().certificate_ends;
    manager.change([](fake_manager::behaviour& how) { how.validity.ends = 24h * 10; });
    auto rotate = manager.session_message();
    rotate.mutable_node()->mutable_certificate()->mutable_status()->set_state(wire::IssuanceStatus::ROTATE);
    manager.tell(rotate);
    ASSERT_TRUE(host.until([&] { return host.member->state().certificate_ends != before; }));
    ASSERT_TRUE(host.until([&] { return manager.heard().session_names.size() == 2; }));
    ASSERT_TRUE(host.is(phase::ready));
    // Without a token, as the node that it is.
    EXPECT_EQ(manager.heard().tokens.size(), 1U);
    EXPECT_EQ(manager.heard().issued, 2);
    // The files have it.
    host.close();
    host.open();
    EXPECT_NE(host.member->state().certificate_ends, before);
}

TEST(membership, hears_of_its_removal) {
    test_ca ca;
    fake_manager::behaviour how = usual();
    how.heartbeat_failures = {{grpc::StatusCode::OK, ""},
                              {grpc::StatusCode::NOT_FOUND, "node not registered"}};
    fake_manager manager(ca, ca.server(), how);
    membership_host host;
    ASSERT_TRUE(host.join(ca.token(), {manager.address()}));
    manager.change([](fake_manager::behaviour& to) {
        to.session_failures = {
            {grpc::StatusCode::PERMISSION_DENIED, "Permission denied: node node1 was removed from swarm"}};
    });
    ASSERT_TRUE(host.is(phase::expelled));
    EXPECT_NE(host.member->state().problem.find("join again with a token"), std::string::npos);
    // It is still so after a restart, as long as the managers say it.
    manager.change([](fake_manager::behaviour& to) {
        to.session_failures = {
            {grpc::StatusCode::PERMISSION_DENIED, "Permission denied: node node1 was removed from swarm"}};
    });
    host.close();
    host.open();
    ASSERT_TRUE(host.is(phase::expelled));
    const auto again = host.join(ca.token(), {manager.address()});
    ASSERT_TRUE(again) << again.failure().message;
    ASSERT_TRUE(host.is(phase::ready));
}

TEST(membership, with_a_damaged_identity_says_so) {
    membership_host host;
    host.close();
    std::ofstream(host.folder + "/state/identity") << "damaged";
    host.open();
    EXPECT_EQ(host.member->state().phase, phase::expelled);
    EXPECT_NE(host.member->state().problem.find("join the swarm again"), std::string::npos);
}

TEST(membership, takes_a_list_of_ten_thousand_attachments) {
    test_ca ca;
    fake_manager::behaviour how = usual();
    for (int i = 0; i < 10'000; ++i) {
        auto& task = add_task(how.complete, "task" + std::to_string(i), "c" + std::to_string(i));
        task.mutable_networks(0)->add_aliases(std::string(200, 'a'));
    }
    fake_manager manager(ca, ca.server(), how);
    membership_host host;
    ASSERT_TRUE(host.join(ca.token(), {manager.address()}));
    ASSERT_TRUE(host.until([&] { return host.member->state().attachments.size() == 10'000; }));
    ASSERT_TRUE(host.until([&] { return manager.heard().updates.size() == 10'000; }));
    EXPECT_TRUE(host.member->state().problem.empty()) << host.member->state().problem;
    bool stopped = false;
    host.member->stop(false, [&] { stopped = true; });
    ASSERT_TRUE(host.until([&] { return stopped; }));
    host.close();
    host.open();
    EXPECT_EQ(host.member->state().attachments.size(), 10'000U);
}

}  // namespace
}  // namespace waggle::control::swarm
