#include <gtest/gtest.h>

#include "dataplane/esp/sizes.hh"
#include "tests/unit/esp/esp_support.hh"

namespace waggle::esp {
namespace {

// Made-up key; packet computed by independent code in the docker profile.
const bytes plain = from_hex("c35012b5001e000008000000001002000000000000000000000000000000");
const bytes packet = from_hex(
    "53f245bd000000010102030405060708ff9333022df34f92e46184c2d44b5a1a96ef04186957e19f07d73bf318e7d39e282362dd"
    "b62934ec");

association_parameters docker_parameters() {
    association_parameters parameters = test_parameters(aead_cipher::aes_128_gcm);
    parameters.index = spi(0x53f245bd);
    parameters.salt = docker_salt(parameters.index);
    return parameters;
}

TEST(known_packet, is_sealed_bit_by_bit) {
    auto association = must(make_outbound_at(docker_parameters(), 1, 0x0102030405060708));
    EXPECT_EQ(to_hex(seal_one(*association, plain)), to_hex(packet));
}

TEST(known_packet, is_opened) {
    auto association = must(make_inbound(docker_parameters(), {.policy = replay_policy::resync}));
    const opened_packet opened = open_one(*association, packet);
    EXPECT_EQ(opened.verdict, open_verdict::opened);
    EXPECT_EQ(to_hex(opened.payload), to_hex(plain));
}

TEST(sizes, of_a_docker_overlay_are_what_stock_docker_counts) {
    // Underlay 1500, outer IP 20, UDP 8, VXLAN 8, Ethernet 14: a container packet of 1424 just fits.
    EXPECT_EQ(largest_payload(1480, 8), 1424U + 14 + 8 + 8);
    EXPECT_EQ(sealed_length(1424 + 14 + 8 + 8, 8), 1480U);
    EXPECT_EQ(overhead(1480, 8), docker_overhead);
}

TEST(sizes, the_largest_payload_fits_and_one_more_byte_does_not) {
    for (const std::size_t icv : {8U, 12U, 16U})
        for (std::size_t available = 0; available < 9300; ++available) {
            const std::size_t payload = largest_payload(available, icv);
            if (payload != 0) {
                ASSERT_LE(sealed_length(payload, icv), available);
            }
            ASSERT_GT(sealed_length(payload + 1, icv), available);
        }
}

}  // namespace
}  // namespace waggle::esp
