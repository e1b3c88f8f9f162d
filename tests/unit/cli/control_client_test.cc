#include "control/cli/control_client.hh"

#include <boost/asio/local/stream_protocol.hpp>

#include "tests/unit/cli/served.hh"

namespace waggle::cli {
namespace {

using nlohmann::json;

TEST_F(served, list_and_its_items) {
    answer = [](const control::http_request&) {
        return control::http_reply{200, R"({"items": [{"name": "blue", "vni": 7}]})"};
    };
    EXPECT_EQ(run({"overlays"}), succeeded);
    EXPECT_EQ(out.str(),
              "NAME  VNI  MTU\n"
              "blue    7    -\n");
    EXPECT_EQ(requests.at(0).method, "GET");
    EXPECT_EQ(requests.at(0).path, "/v1/overlays");
    EXPECT_EQ(run({"overlays", "--json"}), succeeded);
    EXPECT_EQ(out.str(), "{\"items\":[{\"name\":\"blue\",\"vni\":7}]}\n");
}

TEST_F(served, each_command_asks_its_own_path) {
    for (const char* name : {"overlays", "endpoints", "peers", "diff"}) {
        EXPECT_EQ(run({name}), succeeded);
        EXPECT_EQ(requests.back().path, std::string("/v1/") + name);
    }
    EXPECT_EQ(out.str(), "");
}

TEST_F(served, difference_is_a_negative_answer) {
    answer = [](const control::http_request&) {
        return control::http_reply{200,
                                   R"({"items": [{"kind": "vtep", "key": "192.0.2.2", "action": "add"}]})"};
    };
    EXPECT_EQ(run({"diff"}), negative);
    EXPECT_NE(out.str().find("192.0.2.2"), std::string::npos);
}

TEST_F(served, endpoints_of_one_overlay) {
    answer = [](const control::http_request& request) {
        if (request.path == "/v1/overlays")
            return control::http_reply{
                200, R"({"items": [{"name": "blue", "vni": 7}, {"name": "red", "vni": 8}]})"};
        return control::http_reply{
            200, R"({"items": [{"name": "a", "overlay": "blue"}, {"name": "b", "overlay": "red"}]})"};
    };
    EXPECT_EQ(run({"endpoints", "--overlay", "red", "--json"}), succeeded);
    EXPECT_EQ(out.str(), "{\"items\":[{\"name\":\"b\",\"overlay\":\"red\"}]}\n");
    EXPECT_EQ(run({"endpoints", "--overlay", "7", "--json"}), succeeded);
    EXPECT_EQ(out.str(), "{\"items\":[{\"name\":\"a\",\"overlay\":\"blue\"}]}\n");
    EXPECT_EQ(run({"endpoints", "--overlay", "green"}), negative);
    EXPECT_EQ(err.str(), "waggle: there is no overlay 'green' on this host; see waggle overlays\n");
}

TEST_F(served, attach_sends_the_endpoint_as_in_the_file) {
    answer = [](const control::http_request&) { return control::http_reply{200, "{}"}; };
    EXPECT_EQ(run({"attach", "--overlay", "blue", "--name", "n", "--address", "10.1.0.9", "--address",
                   "fd00::9", "--mac", "02:00:00:00:00:09", "--netns", "job", "--interface", "eth1",
                   "--route", "0.0.0.0/0,10.1.0.1", "--route", "10.9.0.0/16"}),
              succeeded);
    EXPECT_EQ(requests.at(0).method, "POST");
    EXPECT_EQ(requests.at(0).path, "/v1/attach");
    EXPECT_EQ(json::parse(requests.at(0).body),
              json::parse(R"({"name": "n", "overlay": "blue", "addresses": ["10.1.0.9", "fd00::9"],
                  "mac": "02:00:00:00:00:09", "attachment": {"kind": "container", "namespace": "job",
                  "interface": "eth1", "routes": [{"to": "0.0.0.0/0", "via": "10.1.0.1"}, {"to": "10.9.0.0/16"}]}})"));
    EXPECT_EQ(out.str(), "endpoint 'n' is being attached; 'waggle endpoints' tells how far it is\n");
}

TEST_F(served, attach_leaves_the_address_to_the_swarm) {
    answer = [](const control::http_request&) { return control::http_reply{200, "{}"}; };
    EXPECT_EQ(run({"attach", "--overlay", "test-net", "--name", "n", "--netns", "job", "--alias", "www",
                   "--alias", "w3"}),
              succeeded);
    EXPECT_EQ(json::parse(requests.at(0).body),
              json::parse(R"({"name": "n", "overlay": "test-net", "aliases": ["www", "w3"],
                  "attachment": {"kind": "container", "namespace": "job"}})"));
}

TEST_F(served, attach_every_kind) {
    answer = [](const control::http_request&) { return control::http_reply{200, "{}"}; };
    const std::vector<std::pair<std::vector<std::string>, const char*>> cases{
        {{"--netns", "/proc/7/ns/net"}, R"({"kind": "container", "path": "/proc/7/ns/net"})"},
        {{"--netns", "pid:7"}, R"({"kind": "container", "pid": 7})"},
        {{"--netns", "pid:x"}, R"({"kind": "container", "pid": "x"})"},
        {{"--vhost-user", "/s"}, R"({"kind": "vhost-user", "socket": "/s"})"},
        {{"--vhost-user", "/s", "--queues", "2"}, R"({"kind": "vhost-user", "socket": "/s", "queues": 2})"},
        {{"--memif", "/s", "--id", "3"}, R"({"kind": "memif", "socket": "/s", "id": 3})"},
        {{"--device", "net_null0"}, R"({"kind": "ethdev", "device": "net_null0"})"},
    };
    for (const auto& [options, expected] : cases) {
        std::vector<std::string> words{"attach", "--overlay", "blue", "--name", "n", "--address", "10.1.0.9"};
        words.insert(words.end(), options.begin(), options.end());
        EXPECT_EQ(run(words), succeeded) << err.str();
        EXPECT_EQ(json::parse(requests.back().body).at("attachment"), json::parse(expected));
    }
}

TEST_F(served, attach_options_that_do_not_go_together) {
    const std::vector<std::pair<std::vector<std::string>, const char*>> cases{
        {{"--netns", "a", "--device", "b"}, "--netns and --device exclude each other"},
        {{"--device", "b", "--interface", "eth0"}, "--interface goes with --netns only"},
        {{"--memif", "/s", "--route", "10.0.0.0/8"}, "--route goes with --netns only"},
        {{"--netns", "a", "--queues", "2"}, "--queues goes with --vhost-user only"},
        {{"--vhost-user", "/s", "--id", "2"}, "--id goes with --memif only"},
    };
    for (const auto& [options, expected] : cases) {
        std::vector<std::string> words{"attach", "--overlay", "blue", "--name", "n", "--address", "10.1.0.9"};
        words.insert(words.end(), options.begin(), options.end());
        EXPECT_EQ(run(words), wrong_usage);
        EXPECT_EQ(err.str(), std::string("waggle attach: ") + expected + "; see waggle attach --help\n");
    }
    EXPECT_TRUE(requests.empty());
}

TEST_F(served, attach_waits_until_attached_or_failed) {
    int looks = 0;
    std::string last = "attached";
    answer = [&](const control::http_request& request) {
        if (request.method == "POST") return control::http_reply{200, "{}"};
        const std::string state = ++looks < 3 ? "pending" : last;
        return control::http_reply{
            200, R"({"items": [{"name": "other", "state": "failed"}, {"name": "n", "state": ")" + state +
                     R"(", "detail": "no such namespace"}]})"};
    };
    const std::vector<std::string> words{"attach",   "--overlay", "blue", "--name", "n", "--address",
                                         "10.1.0.9", "--netns",   "job",  "--wait", "30"};
    EXPECT_EQ(run(words), succeeded);
    EXPECT_EQ(out.str(), "endpoint 'n' is attached\n");
    looks = 0;
    last = "failed";
    EXPECT_EQ(run(words), negative);
    EXPECT_EQ(err.str(), "waggle: endpoint 'n' could not be attached: no such namespace\n");
    last = "pending";
    std::vector<std::string> hurried = words;
    hurried.back() = "0";
    EXPECT_EQ(run(hurried), negative);
    EXPECT_EQ(err.str(), "waggle: after 0 s endpoint 'n' is not attached yet: no such namespace\n");
}

TEST_F(served, detach) {
    answer = [](const control::http_request&) { return control::http_reply{200, "{}"}; };
    EXPECT_EQ(run({"detach", "n"}), succeeded);
    EXPECT_EQ(requests.at(0).path, "/v1/detach");
    EXPECT_EQ(json::parse(requests.at(0).body), json::parse(R"({"name": "n"})"));
    EXPECT_EQ(out.str(), "endpoint 'n' is detached\n");
    EXPECT_EQ(run({"detach", "n", "--json"}), succeeded);
    EXPECT_EQ(out.str(), "{\"detached\":\"n\"}\n");
}

TEST_F(served, refusals_are_told_as_they_are) {
    answer = [](const control::http_request&) {
        return control::http_reply{409, R"({"error": "endpoint 'n' comes from the file"})"};
    };
    EXPECT_EQ(run({"detach", "n"}), unavailable);
    EXPECT_EQ(err.str(), "waggle: endpoint 'n' comes from the file\n");
    answer = [](const control::http_request&) { return control::http_reply{500, "oops"}; };
    EXPECT_EQ(run({"peers"}), unavailable);
    EXPECT_EQ(err.str(), "waggle: waggle-control refused with HTTP status 500\n");
}

TEST_F(served, refusals_with_several_problems) {
    answer = [](const control::http_request&) {
        return control::http_reply{400, R"({"error": "first", "problems": ["first", "second", "third"]})"};
    };
    EXPECT_EQ(run({"detach", "n"}), unavailable);
    EXPECT_EQ(err.str(), "waggle: first\n  second\n  third\n");
}

TEST_F(served, reload) {
    answer = [](const control::http_request&) { return control::http_reply{200, "{}"}; };
    EXPECT_EQ(run({"reload"}), succeeded);
    EXPECT_EQ(requests.at(0).method + " " + requests.at(0).path, "POST /v1/reload");
    EXPECT_EQ(out.str(), "");
}

TEST_F(served, answers_that_make_no_sense) {
    answer = [](const control::http_request&) { return control::http_reply{200, "{"}; };
    EXPECT_EQ(run({"peers"}), unavailable);
    EXPECT_EQ(err.str(), "waggle: waggle-control answered /v1/peers with something that is not JSON\n");
    answer = [](const control::http_request&) { return control::http_reply{200, "[]"}; };
    EXPECT_EQ(run({"peers"}), unavailable);
    EXPECT_EQ(err.str(), "waggle: waggle-control answered /v1/peers with something that is not a list\n");
}

TEST_F(served, a_long_list) {
    json items = json::array();
    for (int i = 0; i < 20'000; ++i)
        items.push_back({{"name", "endpoint-" + std::to_string(i)}, {"detail", std::string(500, 'x')}});
    answer = [&](const control::http_request&) {
        return control::http_reply{200, json{{"items", items}}.dump()};
    };
    const auto got = control_client(socket()).items("/v1/endpoints");
    ASSERT_TRUE(got) << got.failure().message;
    EXPECT_EQ(*got, items);
}

TEST_F(served, a_control_that_stays_silent) {
    const std::string path = folder / "silent.sock";
    boost::asio::io_context silent;
    boost::asio::local::stream_protocol::acceptor acceptor(silent, path);
    const auto got = control_client(path, std::chrono::milliseconds(1000)).get("/v1/status");
    ASSERT_FALSE(got);
    EXPECT_EQ(got.failure().message, "waggle-control does not answer within 1 s; see its log");
}

TEST_F(served, a_socket_that_nobody_serves) {
    const std::string path = folder / "dead.sock";
    {
        boost::asio::io_context gone;
        boost::asio::local::stream_protocol::acceptor acceptor(gone, path);
    }
    const auto got = control_client(path).get("/v1/status");
    ASSERT_FALSE(got);
    EXPECT_EQ(got.failure().message, "waggle-control is not running (nobody serves " + path + ")");
    const std::string too_long = "/" + std::string(200, 'x');
    EXPECT_EQ(control_client(too_long).get("/").failure().message,
              "the path of waggle-control's socket is too long: " + too_long);
}

}  // namespace
}  // namespace waggle::cli
