#include "control/cli/gossip_text.hh"

#include <gtest/gtest.h>

#include "control/cli/listing.hh"

namespace waggle::cli {
namespace {

using nlohmann::json;

json gossip() {
    return json::parse(R"({"name": "0123456789ab", "address": "192.0.2.1:7946", "connected": true,
        "seeds": ["192.0.2.1:7946", "192.0.2.2:7946"], "seeds_are_down": false,
        "keys": ["00112233", "44556677"],
        "members": {"alive": 3, "suspect": 1, "dead": 0, "left": 2}, "awareness": 0, "awareness_limit": 8,
        "clocks": {"networks": 17, "tables": 203}, "waiting": {"members": 1, "networks": 2, "tables": 3},
        "last_change_seconds": 0.624,
        "rates": {"packets_received": 12.5, "packets_sent": 1200.0, "bytes_received": 2048.0, "bytes_sent": 100.2},
        "counters": {"wrong_key": 12, "undecodable": 0, "probes": 7}, "refusals": ["wrong_key", "undecodable"]})");
}

TEST(gossip_text, tells_everything) {
    EXPECT_EQ(gossip_text(gossip(), 100),
              "  name        0123456789ab at 192.0.2.1:7946\n"
              "  keys        00112233 (seals), 44556677\n"
              "  seeds       192.0.2.1:7946, 192.0.2.2:7946\n"
              "  others      3 alive, 1 suspect, 0 dead, 2 left\n"
              "  awareness   0 of 8 (0: what this host sends is answered)\n"
              "  clocks      networks 17, tables 203\n"
              "  waiting     1 words about members, 2 about networks, 3 entries of tables\n"
              "  last change told to all within 0.62 s\n"
              "  received    12.5/s packets, 2.0 KiB/s with streams\n"
              "  sent        1.2k/s packets, 100 B/s with streams\n"
              "  refused     wrong_key 12\n");
}

TEST(gossip_text, of_a_lonely_host) {
    json lonely = gossip();
    lonely["seeds_are_down"] = true;
    lonely["last_change_seconds"] = json();
    lonely["counters"]["wrong_key"] = 0;
    const std::string known = gossip_text(lonely, 100);
    EXPECT_NE(known.find("192.0.2.2:7946; none of them is up\n"), std::string::npos) << known;
    EXPECT_NE(known.find("last change none, or being told\n"), std::string::npos) << known;
    EXPECT_NE(known.find("refused     nothing\n"), std::string::npos) << known;
    lonely["connected"] = false;
    EXPECT_NE(gossip_text(lonely, 100).find("192.0.2.2:7946; nobody answers\n"), std::string::npos);
    // An answer without what is asked for is shown as such.
    EXPECT_NE(gossip_text(json::object(), 100).find("clocks      networks -, tables -"), std::string::npos);
}

TEST(gossip_text, peers_with_what_the_gossip_knows) {
    const json items = json::parse(R"([
        {"name": "beta", "vtep": "192.0.2.2", "device": "wan", "source": "", "next_hop_mac": "", "path_mtu": 1500,
         "reachable": true, "detail": "", "overlays": ["blue"],
         "gossip": {"name": "aabbccddeeff", "address": "192.0.2.2:7946", "state": "alive", "incarnation": 3,
                    "networks": ["blue", "red"], "heard": 61.7}},
        {"name": "gamma", "vtep": "192.0.2.3", "device": "", "source": "", "next_hop_mac": "", "path_mtu": 0,
         "reachable": false, "detail": "no route", "overlays": ["blue"], "gossip": null}])");
    EXPECT_EQ(
        render(peers_listing(), peer_rows(items), 200),
        "NAME   VTEP       REACHABLE  PORT   MTU  STATE  GOSSIP        ADDRESS         INCARNATION  HEARD  "
        "    NETWORKS   OVERLAYS  DETAIL\n"
        "beta   192.0.2.2  yes        wan   1500  alive  aabbccddeeff  192.0.2.2:7946            3  1m 1s "
        "ago  blue, red  blue      -\n"
        "gamma  192.0.2.3  no         -        0  -      -             -                         -  -      "
        "    -          blue      no route\n");
}

}  // namespace
}  // namespace waggle::cli
