#include "control/agent/views.hh"

#include <filesystem>
#include <unistd.h>

#include <gtest/gtest.h>

#include "tests/unit/overlay/fake_dataplane.hh"
#include "tests/unit/overlay/samples.hh"

namespace waggle::control {
namespace {

/// Everything the views are made of, for the node of small_config() with two local endpoints and a remote
/// one.
class views_test : public testing::Test {
protected:
    void SetUp() override {
        char name[] = "/tmp/waggle-views-XXXXXX";
        _directory = ::mkdtemp(name);
        facts = small_facts();
        config = small_config();
        config.endpoints = {
            endpoint_on("alpha", "web", "10.1.0.2/24", container("web")),
            endpoint_on("alpha", "vm", "10.1.0.3/24", config::vhost_user_attachment{"/run/vm", 1}),
            endpoint_on("beta", "cache", "10.1.0.9/24")};
    }
    void TearDown() override { std::filesystem::remove_all(_directory); }

    /// Computes and, if there is a dataplane, brings it there.
    void refresh(bool with_dataplane) {
        endpoints.emplace(*runtime_endpoints::open(_directory, config));
        desired = compute_desired_state(endpoints->merged(), facts);
        one.desire(std::make_shared<api::state>(desired.state), now);
        if (!with_dataplane) return;
        if (!one.is_connected()) connect(one, dataplane, now);
        ASSERT_TRUE(settle(one, dataplane, now));
        gate.open(desired.links, one.in_force());
    }
    view_sources sources() const {
        return {*endpoints, facts, hop_reasons, desired, one, gate, encryption, endpoints->merged()};
    }
    endpoint_view endpoint(const std::string& name) const {
        for (const endpoint_view& view : endpoint_views(sources()))
            if (view.name == name) return view;
        ADD_FAILURE() << "no endpoint " << name;
        return {};
    }
    status_view summary() const {
        status_view status;
        summarize(sources(), status);
        return status;
    }

    config::config config;
    host_facts facts;
    std::map<ip_address, std::string> hop_reasons;
    std::optional<runtime_endpoints> endpoints;
    desired_state desired;
    reconciler one;
    fake_dataplane dataplane;
    link_gate gate;
    host_encryption encryption{
        [](std::span<std::uint8_t> bytes) { std::ranges::fill(bytes, std::uint8_t{7}); },
        [] { return std::uint64_t{1}; }};
    moment now{};

private:
    std::string _directory;
};

TEST_F(views_test, a_healthy_host) {
    refresh(true);
    gate.reported({"web", link_condition::attached, ""});
    EXPECT_EQ(endpoint("web").state, "attached");
    EXPECT_EQ(endpoint("web").addresses, std::vector<std::string>{"10.1.0.2/24"});
    EXPECT_EQ(endpoint("web").source, "yaml");
    EXPECT_TRUE(endpoint("web").local);
    EXPECT_EQ(endpoint("vm").state, "attached");
    EXPECT_EQ(endpoint("cache").state, "remote");
    EXPECT_FALSE(endpoint("cache").local);
    EXPECT_TRUE(diff_items(one).empty());
    status_view status = summary();
    EXPECT_TRUE(status.healthy);
    EXPECT_EQ(status.problems, std::vector<std::string>{});
    EXPECT_EQ(status.overlays, 1U);
    EXPECT_EQ(status.endpoints_local, 2U);
    EXPECT_EQ(status.peers, 1U);
    EXPECT_EQ(status.peers_reachable, 1U);
    auto overlay = overlay_views(sources()).at(0);
    EXPECT_EQ(overlay.endpoints_local, 2U);
    EXPECT_EQ(overlay.endpoints_remote, 1U);
    EXPECT_EQ(overlay.peers, 1U);
    EXPECT_EQ(overlay.mtu, 1450U);
    auto peer = peer_views(sources()).at(0);
    EXPECT_EQ(peer.vtep, "192.0.2.2");
    EXPECT_EQ(peer.device, "wan");
    EXPECT_EQ(peer.source, "192.0.2.1");
    EXPECT_EQ(peer.next_hop_mac, "02:00:00:00:00:02");
    EXPECT_EQ(peer.path_mtu, 1500U);
    EXPECT_EQ(peer.overlays, std::vector<std::string>{"blue"});
}

TEST_F(views_test, without_a_dataplane_everything_waits) {
    refresh(false);
    EXPECT_EQ(endpoint("web").state, "pending");
    EXPECT_EQ(endpoint("web").detail, "waits for waggle-dataplane, which is not connected");
    EXPECT_EQ(endpoint("vm").state, "pending");
    status_view status = summary();
    EXPECT_FALSE(status.healthy);
    EXPECT_EQ(status.problems,
              (std::vector<std::string>{"waggle-dataplane is not connected",
                                        "2 endpoints are not attached yet; `waggle endpoints` says why"}));
}

TEST_F(views_test, a_link_stays_attached_while_the_dataplane_is_away) {
    refresh(true);
    gate.reported({"web", link_condition::attached, ""});
    one.disconnected();
    EXPECT_EQ(endpoint("web").state, "attached");
    EXPECT_FALSE(summary().healthy);
}

TEST_F(views_test, reports_of_links_are_passed_on) {
    refresh(true);
    EXPECT_EQ(endpoint("web").detail, "its interface is being made");
    gate.reported({"web", link_condition::pending, "waits for network namespace web"});
    EXPECT_EQ(endpoint("web").state, "pending");
    EXPECT_EQ(endpoint("web").detail, "waits for network namespace web");
    EXPECT_EQ(summary().problems,
              std::vector<std::string>{"1 endpoint is not attached yet; `waggle endpoints` says why"});
    gate.reported({"web", link_condition::failed, "eth0 is taken"});
    EXPECT_EQ(endpoint("web").state, "failed");
    EXPECT_EQ(summary().endpoints_failed, 1U);
    EXPECT_EQ(summary().problems, std::vector<std::string>{"endpoint web: eth0 is taken"});
}

TEST_F(views_test, a_refused_port_fails_its_endpoint) {
    dataplane.broken = {"vhost-vm"};
    refresh(true);
    EXPECT_EQ(endpoint("vm").state, "failed");
    EXPECT_EQ(endpoint("vm").detail, "the dataplane refuses it: port vhost-vm: no such device");
    EXPECT_EQ(diff_items(one), (std::vector<diff_item>{{"forwarding", "4097 02:42:0a:01:00:03", "add"},
                                                       {"neighbour", "4097 10.1.0.3", "add"},
                                                       {"port", "vhost-vm", "add"}}));
}

TEST_F(views_test, a_peer_without_a_way_is_a_problem) {
    facts.next_hops[ip("192.0.2.2")].reset();
    hop_reasons[ip("192.0.2.2")] = "no route to it";
    refresh(true);
    gate.reported({"web", link_condition::attached, ""});
    EXPECT_FALSE(peer_views(sources()).at(0).reachable);
    EXPECT_EQ(peer_views(sources()).at(0).detail, "no route to it");
    EXPECT_EQ(summary().peers_reachable, 0U);
    EXPECT_EQ(summary().problems, std::vector<std::string>{"peer beta: no route to it"});
    EXPECT_FALSE(summary().healthy);
}

TEST_F(views_test, a_diff_says_what_the_dataplane_still_has_to_do) {
    refresh(true);
    config.overlays[0].mtu = 1400;
    config.node.udp_port = 4790;
    config.endpoints.pop_back();
    desired = compute_desired_state(config, facts);
    one.desire(std::make_shared<api::state>(desired.state), now);
    EXPECT_EQ(diff_items(one), (std::vector<diff_item>{{"forwarding", "4097 02:42:0a:01:00:09", "remove"},
                                                       {"neighbour", "4097 10.1.0.9", "remove"},
                                                       {"overlay", "4097", "change"},
                                                       {"port", "vhost-vm", "change"},
                                                       {"port", "wg4097", "change"},
                                                       {"udp port", "4790", "change"}}));
    EXPECT_FALSE(summary().healthy);
}

TEST_F(views_test, an_encrypted_overlay_without_keys_is_a_problem) {
    config::waggle_profile profile;
    profile.secret = "/s";
    config.overlays[0].encryption = profile;
    encryption.configure(config, {}, now);
    refresh(true);
    EXPECT_EQ(
        summary().problems.back(),
        "overlay blue has no keys with beta, so nothing is sent there: their announcements have not come");
    for (const char* name : {"gamma", "delta", "epsilon"})
        config.peers.push_back({name, ip_address::from_v4(0xc0000210U + static_cast<unsigned char>(name[0])),
                                std::nullopt, std::nullopt});
    encryption.configure(config, {}, now);
    refresh(true);
    const auto problems = summary().problems;
    EXPECT_NE(
        std::ranges::find(problems,
                          "overlay blue has no keys with beta, gamma, delta and 1 more, so nothing is sent "
                          "there: their announcements have not come"),
        problems.end());
}

TEST_F(views_test, a_whole_refusal_is_a_problem) {
    dataplane.refuse_all = true;
    refresh(true);
    EXPECT_EQ(summary().problems[0], "the dataplane refuses the state: table full");
}

TEST_F(views_test, endpoints_that_were_set_aside_are_shown_with_the_reason) {
    refresh(false);
    auto checked = endpoints->check(
        R"({name: extra, overlay: blue, addresses: [10.1.0.50], attachment: {kind: container, namespace: x}})");
    ASSERT_TRUE(checked) << checked.failure().message;
    ASSERT_TRUE(endpoints->keep(*checked));
    EXPECT_EQ(endpoint("extra").source, "runtime");
    config.overlays[0].name = "green";
    for (config::endpoint& each : config.endpoints) each.overlay = "green";
    refresh(false);
    endpoint_view view = endpoint("extra");
    EXPECT_EQ(view.state, "failed");
    EXPECT_EQ(view.source, "runtime");
    EXPECT_TRUE(view.detail.starts_with("set aside, as it does not fit the configuration file: overlay: "))
        << view.detail;
}

}  // namespace
}  // namespace waggle::control
