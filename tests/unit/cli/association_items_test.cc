#include "control/cli/association_items.hh"

#include <gtest/gtest.h>

#include "control/cli/listing.hh"

namespace waggle::cli {
namespace {

using nlohmann::json;

api::association_report report(api::direction direction, std::uint32_t spi,
                               std::optional<std::uint16_t> lane) {
    api::association_report made;
    made.key = {direction, *ip_address::parse("192.0.2.2"), spi};
    made.parameters.profile = lane ? api::encryption::waggle : api::encryption::docker;
    if (lane) made.parameters.overlay = *vni::from(100);
    made.parameters.lane = lane;
    made.parameters.cipher = lane ? api::cipher::aes256gcm : api::cipher::aes128gcm;
    made.fingerprint = "0a1b2c3d";
    made.age_seconds = 64;
    made.packets = 5;
    made.bytes = 700;
    made.sequence = 5;
    made.sequence_used = 0.12345;
    return made;
}

TEST(association_items, have_every_field_and_no_key) {
    api::association_report with_errors = report(api::direction::inbound, 0x1234, 1);
    with_errors.idle_seconds = 3;
    with_errors.errors = {{"bad_icv", "", 2}, {"replayed", "", 1}};
    const json items = association_items({with_errors}, {{*vni::from(100), "blue"}}, {{"192.0.2.2", "beta"}});
    EXPECT_EQ(items,
              json::parse(R"([{"peer": "beta", "vtep": "192.0.2.2", "overlay": "blue", "profile": "waggle",
        "algorithm": "aes256gcm", "spi": "0x00001234", "direction": "in", "lane": 1, "state": "active",
        "age_seconds": 64, "age": "1m 4s", "idle_seconds": 3, "packets": 5, "bytes": 700, "sequence": 5,
        "sequence_used": 12.3, "failures": 3, "errors": {"bad_icv": 2, "replayed": 1},
        "fingerprint": "0a1b2c3d"}])"));
}

TEST(association_items, of_docker_serve_all_overlays) {
    const json item =
        association_items({report(api::direction::outbound, 0xfedcba98, std::nullopt)}, {}, {})[0];
    EXPECT_EQ(item["peer"], "192.0.2.2");
    EXPECT_EQ(item["overlay"], "all");
    EXPECT_EQ(item["profile"], "docker");
    EXPECT_EQ(item["algorithm"], "aes128gcm");
    EXPECT_EQ(item["spi"], "0xfedcba98");
    EXPECT_EQ(item["direction"], "out");
    EXPECT_EQ(item["lane"], nullptr);
    EXPECT_EQ(item["idle_seconds"], nullptr);
}

TEST(association_items, states_and_order) {
    api::association_report next = report(api::direction::inbound, 2000, 0);
    next.parameters.phase = api::association_phase::receive_only;
    api::association_report old = report(api::direction::inbound, 3000, 1);
    old.parameters.phase = api::association_phase::draining;
    old.parameters.cipher = api::cipher::chacha20poly1305;
    const json items = association_items({report(api::direction::outbound, 1000, 0), old, next}, {}, {});
    EXPECT_EQ(
        render(associations_listing(), items, 140),
        "PEER       OVERLAY  PROFILE  ALGORITHM         SPI         WAY  LANE  STATE         AGE    PACKETS  "
        "BYTES  USED %  ERRORS  FINGERPRINT\n"
        "192.0.2.2  100      waggle   aes256gcm         0x000007d0  in      0  receive-only  1m 4s        5  "
        "  700    12.3       0  0a1b2c3d\n"
        "192.0.2.2  100      waggle   chacha20poly1305  0x00000bb8  in      1  draining      1m 4s        5  "
        "  700    12.3       0  0a1b2c3d\n"
        "192.0.2.2  100      waggle   aes256gcm         0x000003e8  out     0  active        1m 4s        5  "
        "  700    12.3       0  0a1b2c3d\n");
}

TEST(association_items, nothing_is_said) {
    EXPECT_EQ(render(associations_listing(), json::array(), 100), "no security associations\n");
}

}  // namespace
}  // namespace waggle::cli
