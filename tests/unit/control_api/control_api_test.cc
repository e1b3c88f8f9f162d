#include "control/api/control_api.hh"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace waggle::control {
namespace {

/// A host that has one of everything and remembers what was asked of it.
class small_host : public host {
public:
    status_view status() const override {
        return {.node = "alpha",
                .uptime_seconds = 7,
                .version = "1.2",
                .dataplane_connected = true,
                .generation = 5,
                .acknowledged = 4,
                .overlays = 1,
                .endpoints_local = 2,
                .endpoints_failed = 1,
                .peers = 3,
                .peers_reachable = 2,
                .swarm = "a member",
                .healthy = false,
                .problems = {"one"}};
    }
    std::vector<overlay_view> overlays() const override {
        return {{"blue", 4097, {"10.1.0.0/24"}, 1450, true, 1, 2, 3}};
    }
    std::vector<endpoint_view> endpoints() const override {
        return {{"web",
                 "blue",
                 {"10.1.0.2/24"},
                 "02:42:0a:01:00:02",
                 "alpha",
                 true,
                 "failed",
                 "why\xff",
                 "yaml"}};
    }
    std::vector<peer_view> peers() const override {
        return {{"beta",
                 "192.0.2.2",
                 "wan",
                 "192.0.2.1",
                 "02:00:00:00:00:01",
                 1500,
                 true,
                 "",
                 {"blue"},
                 member_view{"aabb", "192.0.2.2:7946", "alive", 3, {"blue"}, 1.5}}};
    }
    std::vector<network_view> networks() const override { return {{"net", "blue", 3, 4, 5, 6, true}}; }
    std::optional<gossip_view> gossip() const override { return own_gossip; }
    std::vector<diff_item> diff() const override { return {{"port", "wg4097", "add"}}; }
    std::optional<refusal> attach(const std::string& endpoint) override {
        asked = "attach " + endpoint;
        return next;
    }
    std::optional<refusal> detach(const std::string& name) override {
        asked = "detach " + name;
        return next;
    }
    std::optional<refusal> reload() override {
        asked = "reload";
        return next;
    }
    std::vector<announcement_view> announcements() const override { return {{"blue", 3, "AQY"}}; }
    std::optional<refusal> accept_announcement(const std::string& text) override {
        asked = "accept " + text;
        return next;
    }
    std::optional<refusal> rekey(const std::string& overlay) override {
        asked = "rekey " + overlay;
        return next;
    }

    node_view membership() const override {
        node_view view;
        view.name = "alpha";
        view.state = "ready";
        view.id = "node1";
        view.cluster = "cluster1";
        view.role = "worker";
        view.certificate_begins = 1;
        view.certificate_ends = 2;
        view.renewal = 3;
        view.managers = {{"m1", "192.0.2.10:2377", 5, true}};
        view.keys = {{"gossip", "01234567", 7, 60, true}};
        view.attachments = 4;
        view.tasks_rejected = 5;
        view.data_path_port = 4789;
        view.asked = "join";
        view.asked_failure = "why";
        return view;
    }
    std::optional<refusal> join(std::string token, std::vector<std::string> managers) override {
        asked = "join " + token;
        for (const std::string& each : managers) asked += " " + each;
        return next;
    }
    std::optional<refusal> leave() override {
        asked = "leave";
        return next;
    }

    std::optional<gossip_view> own_gossip;
    std::string asked;
    std::optional<refusal> next;
};

nlohmann::json ask(host& served, const std::string& method, const std::string& path, unsigned expected_status,
                   const std::string& body = "") {
    http_reply reply = answer(served, {method, path, body});
    EXPECT_EQ(reply.status, expected_status) << reply.body;
    return nlohmann::json::parse(reply.body);
}

TEST(control_api, status_has_every_field) {
    small_host served;
    EXPECT_EQ(ask(served, "GET", "/v1/status", 200), nlohmann::json::parse(R"({
        "node": "alpha", "uptime_seconds": 7, "version": "1.2",
        "dataplane": {"connected": true, "generation": 5, "acknowledged": 4},
        "overlays": 1, "endpoints_local": 2, "endpoints_failed": 1, "peers": 3, "peers_reachable": 2,
        "swarm": "a member", "healthy": false, "problems": ["one"]})"));
}

TEST(control_api, gossip_has_every_field) {
    small_host served;
    EXPECT_EQ(ask(served, "GET", "/v1/gossip", 404)["error"],
              "this host takes no part in a gossip: its configuration has no section 'gossip'");
    served.own_gossip = {.name = "aabb",
                         .address = "192.0.2.1:7946",
                         .connected = true,
                         .seeds = {"192.0.2.2:7946"},
                         .seeds_are_down = true,
                         .keys = {"0011"},
                         .alive = 1,
                         .suspect = 2,
                         .dead = 3,
                         .left = 4,
                         .awareness = 5,
                         .awareness_limit = 8,
                         .network_time = 6,
                         .table_time = 7,
                         .member_events_waiting = 8,
                         .network_events_waiting = 9,
                         .table_events_waiting = 10,
                         .last_change_seconds = 0.5,
                         .packets_received_rate = 1,
                         .packets_sent_rate = 2,
                         .bytes_received_rate = 3,
                         .bytes_sent_rate = 4,
                         .counters = {{"wrong_key", 1}},
                         .refusals = {"wrong_key"}};
    EXPECT_EQ(ask(served, "GET", "/v1/gossip", 200), nlohmann::json::parse(R"({
        "name": "aabb", "address": "192.0.2.1:7946", "connected": true, "seeds": ["192.0.2.2:7946"],
        "seeds_are_down": true, "keys": ["0011"], "members": {"alive": 1, "suspect": 2, "dead": 3, "left": 4},
        "awareness": 5, "awareness_limit": 8, "clocks": {"networks": 6, "tables": 7},
        "waiting": {"members": 8, "networks": 9, "tables": 10}, "last_change_seconds": 0.5,
        "rates": {"packets_received": 1.0, "packets_sent": 2.0, "bytes_received": 3.0, "bytes_sent": 4.0},
        "counters": {"wrong_key": 1}, "refusals": ["wrong_key"]})"));
    served.own_gossip->last_change_seconds.reset();
    EXPECT_TRUE(ask(served, "GET", "/v1/gossip", 200)["last_change_seconds"].is_null());
}

TEST(control_api, lists_are_items_with_every_field) {
    small_host served;
    EXPECT_EQ(ask(served, "GET", "/v1/overlays", 200), nlohmann::json::parse(R"({"items": [
        {"name": "blue", "vni": 4097, "subnets": ["10.1.0.0/24"], "mtu": 1450, "flood": true,
         "endpoints_local": 1, "endpoints_remote": 2, "peers": 3}]})"));
    EXPECT_EQ(ask(served, "GET", "/v1/peers", 200), nlohmann::json::parse(R"({"items": [
        {"name": "beta", "vtep": "192.0.2.2", "device": "wan", "source": "192.0.2.1",
         "next_hop_mac": "02:00:00:00:00:01", "path_mtu": 1500, "reachable": true, "detail": "",
         "overlays": ["blue"], "gossip": {"name": "aabb", "address": "192.0.2.2:7946", "state": "alive",
         "incarnation": 3, "networks": ["blue"], "heard": 1.5}}]})"));
    EXPECT_EQ(ask(served, "GET", "/v1/diff", 200),
              nlohmann::json::parse(R"({"items": [{"kind": "port", "key": "wg4097", "action": "add"}]})"));
}

TEST(control_api, text_that_is_no_utf8_does_not_cost_the_reply) {
    small_host served;
    auto endpoint = ask(served, "GET", "/v1/endpoints", 200)["items"][0];
    EXPECT_EQ(endpoint["name"], "web");
    EXPECT_EQ(endpoint["state"], "failed");
    EXPECT_EQ(endpoint["source"], "yaml");
    EXPECT_EQ(endpoint["detail"], "why\xef\xbf\xbd");
}

TEST(control_api, requests_reach_the_host) {
    small_host served;
    ask(served, "POST", "/v1/attach", 200, R"({"name": "x"})");
    EXPECT_EQ(served.asked, R"(attach {"name": "x"})");
    ask(served, "POST", "/v1/detach", 200, R"({"name": "x"})");
    EXPECT_EQ(served.asked, "detach x");
    ask(served, "POST", "/v1/reload", 200);
    EXPECT_EQ(served.asked, "reload");
    ask(served, "POST", "/v1/accept", 200, R"({"announcement": "AQY"})");
    EXPECT_EQ(served.asked, "accept AQY");
    ask(served, "POST", "/v1/rekey", 200, R"({"overlay": "blue"})");
    EXPECT_EQ(served.asked, "rekey blue");
    ask(served, "POST", "/v1/rekey", 200, R"({"overlay": ""})");
    EXPECT_EQ(served.asked, "rekey ");
}

TEST(control_api, membership) {
    small_host served;
    EXPECT_EQ(ask(served, "GET", "/v1/node", 200), nlohmann::json::parse(R"({
        "name": "alpha", "state": "ready", "problem": "", "id": "node1", "cluster": "cluster1", "role": "worker",
        "certificate": {"begins": 1, "ends": 2, "renewal": 3},
        "managers": [{"node": "m1", "address": "192.0.2.10:2377", "weight": 5, "session": true}],
        "keys": [{"purpose": "gossip", "fingerprint": "01234567", "lamport_time": 7, "age_seconds": 60,
                  "sending": true}],
        "attachments": 4, "tasks_rejected": 5, "data_path_port": 4789,
        "asked": {"what": "join", "running": false, "failure": "why"}})"));
    ask(served, "POST", "/v1/join", 200, R"({"token": "t", "managers": ["a:1", "b:2"]})");
    EXPECT_EQ(served.asked, "join t a:1 b:2");
    ask(served, "POST", "/v1/leave", 200);
    EXPECT_EQ(served.asked, "leave");
    served.asked.clear();
    for (const char* body :
         {"", "{}", "[]", R"({"token": "t"})", R"({"token": "t", "managers": []})",
          R"({"token": 1, "managers": ["a"]})", R"({"token": "t", "managers": [1]})",
          R"({"token": "t", "managers": "a"})", R"({"token": "t", "managers": ["a"], "x": 1})"})
        EXPECT_EQ(ask(served, "POST", "/v1/join", 400, body)["error"],
                  R"(the body must be {"token": "SWMTKN-...", "managers": ["ADDRESS:PORT"]})");
    EXPECT_EQ(served.asked, "");
    served.next = refusal{409, "already", {}};
    EXPECT_EQ(ask(served, "POST", "/v1/leave", 409)["error"], "already");
}

TEST(control_api, announcements) {
    small_host served;
    EXPECT_EQ(
        ask(served, "GET", "/v1/announcements", 200),
        nlohmann::json::parse(R"({"items": [{"overlay": "blue", "epoch": 3, "announcement": "AQY"}]})"));
}

TEST(control_api, accept_and_rekey_take_exactly_one_text) {
    small_host served;
    for (const char* body : {"", "{}", "[]", R"({"announcement": 3})", R"({"overlay": null})",
                             R"({"announcement": "x", "overlay": "x"})"}) {
        EXPECT_EQ(ask(served, "POST", "/v1/accept", 400, body)["error"],
                  R"(the body must be {"announcement": "ANNOUNCEMENT OF ANOTHER HOST"})");
        EXPECT_EQ(ask(served, "POST", "/v1/rekey", 400, body)["error"],
                  R"(the body must be {"overlay": "NAME OF THE OVERLAY, OR NOTHING FOR ALL"})");
        EXPECT_EQ(served.asked, "");
    }
}

TEST(control_api, refusals_carry_their_status_and_sentence) {
    small_host served;
    served.next = refusal{409, "it comes from the file", {}};
    EXPECT_EQ(ask(served, "POST", "/v1/detach", 409, R"({"name": "x"})"),
              nlohmann::json::parse(R"({"error": "it comes from the file"})"));
    served.next = refusal{422, "bad file", {"a", "b"}};
    EXPECT_EQ(ask(served, "POST", "/v1/reload", 422),
              nlohmann::json::parse(R"({"error": "bad file", "problems": ["a", "b"]})"));
}

TEST(control_api, detach_takes_exactly_a_name) {
    small_host served;
    for (const char* body : {"", "{}", "[]", "null", R"({"name": 3})", R"({"name": "x", "force": true})", "{",
                             R"("x")", "\xff\xfe"}) {
        EXPECT_EQ(ask(served, "POST", "/v1/detach", 400, body)["error"],
                  R"(the body must be {"name": "NAME OF THE ENDPOINT"})");
        EXPECT_EQ(served.asked, "");
    }
}

TEST(control_api, unknown_paths_and_methods) {
    small_host served;
    EXPECT_EQ(ask(served, "GET", "/v1/nothing", 404)["error"], "there is no /v1/nothing");
    EXPECT_EQ(ask(served, "GET", "", 404)["error"], "there is no ");
    EXPECT_EQ(ask(served, "GET", "/v1/attach", 405)["error"], "/v1/attach can't be used with GET");
    EXPECT_EQ(ask(served, "DELETE", "/v1/status", 405)["error"], "/v1/status can't be used with DELETE");
    EXPECT_EQ(served.asked, "");
}

}  // namespace
}  // namespace waggle::control
