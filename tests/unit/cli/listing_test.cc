#include "control/cli/listing.hh"

#include <gtest/gtest.h>

namespace waggle::cli {
namespace {

using nlohmann::json;

TEST(field, every_kind_of_value) {
    const json item =
        json::parse(R"({"s": "text", "e": "", "n": 7, "t": true, "f": false, "z": null, "l": ["a", 2],
                                      "el": [], "o": {"a": 1}})");
    EXPECT_EQ(field_text(item, "s"), "text");
    EXPECT_EQ(field_text(item, "e"), "-");
    EXPECT_EQ(field_text(item, "n"), "7");
    EXPECT_EQ(field_text(item, "t"), "yes");
    EXPECT_EQ(field_text(item, "f"), "no");
    EXPECT_EQ(field_text(item, "z"), "-");
    EXPECT_EQ(field_text(item, "l"), "a, 2");
    EXPECT_EQ(field_text(item, "el"), "-");
    EXPECT_EQ(field_text(item, "o"), R"({"a":1})");
    EXPECT_EQ(field_text(item, "absent"), "-");
    EXPECT_EQ(field_text(json("no object"), "s"), "-");
}

TEST(listing, overlays) {
    EXPECT_EQ(render(overlays_listing(), json::parse(R"([
        {"name": "blue", "vni": 4096, "subnets": ["10.1.0.0/24", "fd00::/64"], "mtu": 1450, "flood": false,
         "endpoints_local": 2, "endpoints_remote": 10, "peers": 1}])"),
                     100),
              "NAME   VNI  SUBNETS                  MTU  FLOOD  HERE  ELSEWHERE  PEERS\n"
              "blue  4096  10.1.0.0/24, fd00::/64  1450  no        2         10      1\n");
    EXPECT_EQ(render(overlays_listing(), json::array(), 100), "no overlays\n");
}

const json endpoints = json::parse(R"([
    {"name": "web", "overlay": "blue", "addresses": ["10.1.0.2"], "mac": "02:42:0a:01:00:02", "host": "alpha",
     "local": true, "state": "attached", "detail": "", "source": "yaml"},
    {"name": "db", "overlay": "blue", "addresses": ["10.1.0.3"], "mac": "02:42:0a:01:00:03", "host": "beta",
     "local": false, "state": "remote", "detail": "", "source": "yaml"}])");

TEST(listing, endpoints_without_a_column_that_nobody_fills) {
    EXPECT_EQ(render(endpoints_listing(), endpoints, 100),
              "NAME  OVERLAY  ADDRESSES  MAC                HOST   STATE     FROM\n"
              "web   blue     10.1.0.2   02:42:0a:01:00:02  alpha  attached  yaml\n"
              "db    blue     10.1.0.3   02:42:0a:01:00:03  beta   remote    yaml\n");
}

TEST(listing, endpoints_with_details_on_a_narrow_terminal) {
    json failed = endpoints;
    failed[0]["state"] = "failed";
    failed[0]["detail"] = "the namespace /run/netns/web is not there";
    EXPECT_EQ(render(endpoints_listing(), failed, 60),
              "NAME  OVERLAY  ADDRESSES  HOST   STATE   DETAIL\n"
              "web   blue     10.1.0.2   alpha  failed  the namespace /r...\n"
              "db    blue     10.1.0.3   beta   remote  -\n");
}

TEST(listing, peers) {
    EXPECT_EQ(render(peers_listing(), json::parse(R"([
        {"name": "beta", "vtep": "192.0.2.2", "device": "wan", "source": "192.0.2.1",
         "next_hop_mac": "02:00:00:00:00:02", "path_mtu": 1500, "reachable": true, "detail": "",
         "overlays": ["blue", "red"]},
        {"name": "gamma", "vtep": "192.0.2.3", "device": "", "source": "", "next_hop_mac": "", "path_mtu": 0,
         "reachable": false, "detail": "no route", "overlays": ["blue"]}])"),
                     200),
              "NAME   VTEP       REACHABLE  PORT  SOURCE     NEXT HOP            MTU  OVERLAYS   DETAIL\n"
              "beta   192.0.2.2  yes        wan   192.0.2.1  02:00:00:00:00:02  1500  blue, red  -\n"
              "gamma  192.0.2.3  no         -     -          -                     0  blue       no route\n");
    EXPECT_EQ(render(peers_listing(), json::array(), 100), "no peers\n");
}

TEST(listing, difference_prints_nothing_if_there_is_none) {
    EXPECT_EQ(render(diff_listing(), json::array(), 100), "");
    EXPECT_EQ(render(diff_listing(),
                     json::parse(R"([{"kind": "vtep", "key": "192.0.2.2", "action": "change"}])"), 100),
              "TO DO   KIND  KEY\n"
              "change  vtep  192.0.2.2\n");
}

TEST(listing, empty_lists_say_so) {
    for (const listing& how : {endpoints_listing(), fdb_listing(), neighbours_listing(), ports_listing(),
                               counters_listing(false, false), counters_listing(true, true)})
        EXPECT_GT(render(how, json::array(), 80).size(), 5U);
}

}  // namespace
}  // namespace waggle::cli
