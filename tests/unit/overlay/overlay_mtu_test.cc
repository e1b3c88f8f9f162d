#include "control/overlay/overlay_mtu.hh"

#include <gtest/gtest.h>

#include "tests/unit/overlay/samples.hh"

namespace waggle::control {
namespace {

struct mtu_case {
    const char* description;
    void (*prepare)(config::config&, host_facts&);
    unsigned expected;
};

class overlay_mtu_test : public testing::TestWithParam<mtu_case> {};

TEST_P(overlay_mtu_test, is) {
    config::config config = small_config();
    host_facts facts = small_facts();
    GetParam().prepare(config, facts);
    EXPECT_EQ(overlay_mtu(config, config.overlays[0], facts), GetParam().expected) << GetParam().description;
}

using config_t = config::config;
INSTANTIATE_TEST_SUITE_P(
    table, overlay_mtu_test,
    testing::Values(
        mtu_case{"IPv4 where both ends have it", [](config_t&, host_facts&) {}, 1450},
        mtu_case{"the file decides", [](config_t& c, host_facts&) { c.overlays[0].mtu = 9216; }, 9216},
        mtu_case{"IPv6 to a peer without IPv4", [](config_t& c, host_facts&) { c.peers[0].vtep_v4.reset(); },
                 1430},
        mtu_case{"IPv6 from a node without IPv4", [](config_t& c, host_facts&) { c.node.vtep_v4.reset(); },
                 1430},
        mtu_case{"a peer of other overlays does not count",
                 [](config_t& c, host_facts&) {
                     c.peers.push_back({"gamma", std::nullopt, ip("2001:db8::3"), {{"other"}}});
                 },
                 1450},
        mtu_case{"no peers", [](config_t& c, host_facts&) { c.peers.clear(); }, 1450},
        mtu_case{"docker, as stock hosts count",
                 [](config_t& c, host_facts&) { c.overlays[0].encryption = config::docker_profile{}; }, 1424},
        mtu_case{"docker over IPv6",
                 [](config_t& c, host_facts&) {
                     c.overlays[0].encryption = config::docker_profile{};
                     c.node.vtep_v4.reset();
                 },
                 1404},
        mtu_case{"waggle",
                 [](config_t& c, host_facts&) { c.overlays[0].encryption = config::waggle_profile{}; }, 1416},
        mtu_case{"waggle in UDP",
                 [](config_t& c, host_facts&) {
                     c.overlays[0].encryption = config::waggle_profile{};
                     c.peers[0].esp_in_udp.emplace();
                 },
                 1408},
        mtu_case{"a peer of other overlays does not need UDP here",
                 [](config_t& c, host_facts&) {
                     c.overlays[0].encryption = config::waggle_profile{};
                     c.peers[0].esp_in_udp.emplace();
                     c.peers[0].overlays.emplace();
                 },
                 1416},
        mtu_case{"padding can't use the last bytes",
                 [](config_t& c, host_facts& f) {
                     c.overlays[0].encryption = config::docker_profile{};
                     f.underlay_mtus["wan"] = 1503;
                 },
                 1424},
        mtu_case{"four bytes more are of use",
                 [](config_t& c, host_facts& f) {
                     c.overlays[0].encryption = config::docker_profile{};
                     f.underlay_mtus["wan"] = 1504;
                 },
                 1428},
        mtu_case{"sealed through a device that carries next to nothing",
                 [](config_t& c, host_facts& f) {
                     c.overlays[0].encryption = config::waggle_profile{};
                     f.underlay_mtus["wan"] = 68;
                 },
                 68},
        mtu_case{"jumbo frames", [](config_t&, host_facts& f) { f.underlay_mtus["wan"] = 9000; }, 8950},
        mtu_case{"the smallest device counts",
                 [](config_t& c, host_facts& f) {
                     c.node.underlay.push_back({"lan", config::packet_underlay{"eth1"}});
                     f.underlay_mtus["lan"] = 1400;
                 },
                 1350},
        mtu_case{"a device that is not known counts as 1500",
                 [](config_t& c, host_facts& f) {
                     c.node.underlay.push_back({"lan", config::packet_underlay{"eth1"}});
                     f.underlay_mtus["wan"] = 9000;
                 },
                 1450},
        mtu_case{"loopback", [](config_t&, host_facts& f) { f.underlay_mtus["wan"] = 65535; }, 65485},
        mtu_case{"never below what IPv4 needs", [](config_t&, host_facts& f) { f.underlay_mtus["wan"] = 68; },
                 68}));

}  // namespace
}  // namespace waggle::control
