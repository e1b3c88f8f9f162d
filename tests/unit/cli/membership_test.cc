#include <fstream>

#include <boost/program_options.hpp>

#include "control/cli/join_request.hh"
#include "control/cli/node_text.hh"
#include "tests/unit/cli/served.hh"

namespace waggle::cli {
namespace {

using nlohmann::json;

constexpr const char* token = "SWMTKN-1-digest-secret";

json ready_node() {
    return json::parse(
        R"({"name": "alpha", "state": "ready", "problem": "", "id": "node1", "cluster": "cluster1",
        "role": "worker", "certificate": {"begins": 1000000000, "ends": 1000100000, "renewal": 1000050000},
        "managers": [{"node": "m1", "address": "192.0.2.10:2377", "weight": 5, "session": true},
                     {"node": "m2", "address": "192.0.2.11:2377", "weight": 1, "session": false}],
        "keys": [{"purpose": "gossip", "fingerprint": "01234567", "lamport_time": 7, "age_seconds": 60, "sending": false},
                 {"purpose": "gossip", "fingerprint": "89abcdef", "lamport_time": 8, "age_seconds": 60, "sending": true}],
        "attachments": 2, "tasks_rejected": 3, "data_path_port": 4789,
        "asked": {"what": "join", "running": false, "failure": ""}})");
}

/// Answers with the nodes one after the other, the last for ever.
class membership : public served {
protected:
    void nodes(std::vector<json> all) {
        answer = [this, all = std::move(all)](const control::http_request& request) {
            if (request.method == "POST") return control::http_reply{200, "{}"};
            const std::size_t now = std::min(asked++, all.size() - 1);
            return control::http_reply{200, all[now].dump()};
        };
        asked = 0;
    }
    std::size_t asked = 0;
};

json with(json node, const char* pointer, const json& value) {
    node[json::json_pointer(pointer)] = value;
    return node;
}

TEST_F(membership, join) {
    const json running = with(with(ready_node(), "/state", "joining"), "/asked/running", true);
    const json no_session = with(ready_node(), "/state", "disconnected");
    nodes({running, no_session, ready_node()});
    EXPECT_EQ(run({"join", "--token", token, "192.0.2.10:2377", "192.0.2.11", "manager", "2001:db8::1",
                   "[2001:db8::2]", "[2001:db8::3]:99"}),
              succeeded)
        << err.str();
    EXPECT_EQ(out.str(), "this host is worker node1 of the swarm\n");
    EXPECT_EQ(requests.at(0).path, "/v1/join");
    EXPECT_EQ(json::parse(requests.at(0).body),
              (json{{"token", token},
                    {"managers",
                     {"192.0.2.10:2377", "192.0.2.11:2377", "manager:2377", "[2001:db8::1]:2377",
                      "[2001:db8::2]:2377", "[2001:db8::3]:99"}}}));
    EXPECT_EQ(run({"--json", "join", "--token", token, "192.0.2.10"}), succeeded);
    EXPECT_EQ(json::parse(out.str()), ready_node());
}

TEST_F(membership, join_that_fails) {
    nodes(
        {with(with(ready_node(), "/state", "outside"), "/asked/failure", "the token is not of this swarm")});
    EXPECT_EQ(run({"join", "--token", token, "192.0.2.10"}), unavailable);
    EXPECT_EQ(err.str(), "waggle: the token is not of this swarm\n");
    nodes({with(ready_node(), "/asked/running", true)});
    EXPECT_EQ(run({"join", "--wait", "0", "--token", token, "192.0.2.10"}), negative);
    EXPECT_EQ(err.str(), "waggle: this host is still joining; 'waggle node' tells how it goes on\n");
    nodes({with(ready_node(), "/state", "disconnected")});
    EXPECT_EQ(run({"join", "--wait", "0", "--token", token, "192.0.2.10"}), negative);
    EXPECT_EQ(
        err.str(),
        "waggle: this host is node node1 of the swarm, but has no session with a manager yet; 'waggle node' "
        "tells why\n");
    answer = [](const control::http_request&) {
        return control::http_reply{409, R"({"error": "this host is a member already"})"};
    };
    EXPECT_EQ(run({"join", "--token", token, "192.0.2.10"}), unavailable);
    EXPECT_EQ(err.str(), "waggle: this host is a member already\n");
}

TEST_F(membership, token_comes_from_a_private_file) {
    nodes({ready_node()});
    const std::string path = folder / "token";
    std::ofstream(path) << "  " << token << "\n";
    std::filesystem::permissions(path, std::filesystem::perms(0600));
    EXPECT_EQ(run({"join", "--token-file", path, "192.0.2.10"}), succeeded);
    EXPECT_EQ(json::parse(requests.at(0).body).at("token"), token);
    std::filesystem::permissions(path, std::filesystem::perms(0644));
    EXPECT_EQ(run({"join", "--token-file", path, "192.0.2.10"}), wrong_usage);
    EXPECT_TRUE(err.str().starts_with("waggle join: " + path)) << err.str();
}

TEST_F(membership, join_options_that_make_no_sense) {
    const std::string help = "; see waggle join --help\n";
    const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
        {{"join", "192.0.2.10"},
         "one of --token and --token-file is needed; 'docker swarm join-token worker' on a manager prints "
         "the token"},
        {{"join", "--token", token, "--token-file", "/x", "192.0.2.10"},
         "--token and --token-file exclude each other"},
        {{"join", "--token", "secret", "192.0.2.10"},
         "this is no join token: one begins with SWMTKN-; 'docker swarm join-token worker' on a manager "
         "prints it"},
        {{"join", "--token", token}, "MANAGER is missing"},
    };
    for (const auto& [words, expected] : cases) {
        EXPECT_EQ(run(words), wrong_usage);
        EXPECT_EQ(err.str(), "waggle join: " + expected + help);
    }
    EXPECT_TRUE(requests.empty());
}

TEST(join_request, token_from_the_standard_input) {
    namespace po = boost::program_options;
    po::variables_map options;
    options.insert({"token-file", po::variable_value(std::string("-"), false)});
    options.insert({"MANAGER", po::variable_value(std::vector<std::string>{"192.0.2.10"}, false)});
    std::istringstream good(std::string(token) + "\n");
    const auto request = join_request(options, good);
    ASSERT_TRUE(request);
    EXPECT_EQ((*request)["token"], token);
    std::istringstream nothing;
    EXPECT_FALSE(join_request(options, nothing));
}

TEST_F(membership, leave) {
    nodes(
        {ready_node(), with(ready_node(), "/asked/running", true), with(ready_node(), "/state", "outside")});
    EXPECT_EQ(run({"leave"}), succeeded);
    EXPECT_EQ(out.str(),
              "this host has left the swarm; 'docker node rm node1' on a manager takes it off the list\n");
    nodes({ready_node(), with(ready_node(), "/asked/failure", "the disk is full")});
    EXPECT_EQ(run({"leave"}), unavailable);
    EXPECT_EQ(err.str(), "waggle: the disk is full\n");
    nodes({with(ready_node(), "/asked/running", true)});
    EXPECT_EQ(run({"leave", "--wait", "0"}), negative);
    EXPECT_EQ(err.str(), "waggle: this host is still leaving; 'waggle node' tells how it goes on\n");
}

TEST_F(membership, node) {
    nodes({ready_node()});
    EXPECT_EQ(run({"node"}), succeeded);
    EXPECT_EQ(run({"node", "--json"}), succeeded);
    EXPECT_EQ(json::parse(out.str()), ready_node());
    nodes({with(ready_node(), "/problem", "the certificate is nearly over")});
    EXPECT_EQ(run({"node"}), negative);
    nodes({with(ready_node(), "/state", "disconnected")});
    EXPECT_EQ(run({"node"}), negative);
}

TEST(node_text, of_a_member) {
    EXPECT_EQ(node_text(ready_node(), 1000040000, 100),
              "alpha: member of a Docker swarm\n"
              "  node        node1\n"
              "  cluster     cluster1\n"
              "  role        worker\n"
              "  certificate from 2001-09-09 01:46 UTC to 2001-09-10 05:33 UTC, renewed in 2h 46m\n"
              "  manager     192.0.2.10:2377 m1, the session is with it\n"
              "  manager     192.0.2.11:2377 m2\n"
              "  key         gossip 01234567, Lamport time 7, here for 1m 0s\n"
              "  key         gossip 89abcdef, Lamport time 8, here for 1m 0s, seals\n"
              "  attachments 2\n"
              "  rejected    3 tasks of services\n"
              "  data path   UDP port 4789\n");
    const std::string over = node_text(ready_node(), 1000200000, 200);
    EXPECT_NE(over.find("to 2001-09-10 05:33 UTC, which is over\n"), std::string::npos) << over;
    const std::string due = node_text(ready_node(), 1000060000, 200);
    EXPECT_NE(due.find(", renewed due\n"), std::string::npos) << due;
}

TEST(node_text, of_others) {
    json node = json::parse(R"({"name": "alpha", "state": "outside", "problem": "", "id": ""})");
    EXPECT_EQ(node_text(node, 0, 100), "alpha: not a member of a Docker swarm\n");
    node["asked"] = {{"what", "join"}, {"running", false}, {"failure", "no\nway"}};
    EXPECT_EQ(node_text(node, 0, 100),
              "alpha: not a member of a Docker swarm\n  problem     could not join: no?way\n");
    for (const auto& [state, expected] : std::vector<std::pair<const char*, const char*>>{
             {"joining", "joining a Docker swarm"},
             {"disconnected", "member of a Docker swarm, without a session with a manager"},
             {"expelled", "not a member of the Docker swarm any more"}}) {
        node["state"] = state;
        EXPECT_TRUE(node_text(node, 0, 100).starts_with("alpha: " + std::string(expected) + "\n"));
    }
    node["problem"] = "join again";
    EXPECT_NE(node_text(node, 0, 100).find("  problem     join again\n"), std::string::npos);
}

}  // namespace
}  // namespace waggle::cli
