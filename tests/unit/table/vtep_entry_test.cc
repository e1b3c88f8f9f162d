#include "dataplane/table/vtep_entry.hh"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

namespace waggle {
namespace {

vtep_parameters parameters(const char* source, const char* remote) {
    return {.remote = *ip_address::parse(remote),
            .source = *ip_address::parse(source),
            .source_mac = *mac_address::parse("02:00:00:00:00:0a"),
            .destination_mac = *mac_address::parse("02:00:00:00:00:0b"),
            .udp_port = 4789,
            .path_mtu = 1500,
            .port = 3};
}

std::vector<std::uint8_t> header_of(const vtep_entry& entry) {
    return {entry.header.begin(), entry.header.begin() + entry.header_length};
}

TEST(vtep_entry, ipv4_template) {
    const vtep_entry entry = make_vtep_entry(parameters("10.0.0.1", "10.0.0.2"));
    EXPECT_EQ(entry.port, 3);
    EXPECT_EQ(entry.path_mtu, 1500);
    EXPECT_EQ(entry.header_length, 42);
    EXPECT_TRUE(entry.reachable);
    EXPECT_FALSE(entry.ipv6);
    EXPECT_EQ(entry.address, *ip_address::parse("10.0.0.2"));
    const std::vector<std::uint8_t> expected{
        0x02, 0, 0,    0,    0, 0x0b, 0x02, 0, 0,  0,  0, 0x0a, 0x08, 0x00,                     // Ethernet
        0x45, 0, 0,    0,    0, 0,    0,    0, 64, 17, 0, 0,    10,   0,    0, 1, 10, 0, 0, 2,  // IPv4
        0,    0, 0x12, 0xb5, 0, 0,    0,    0};                                                 // UDP
    EXPECT_EQ(header_of(entry), expected);
    // 4500 4011 0a00 0001 0a00 0002 read as little-endian words.
    EXPECT_EQ(entry.checksum_base, 0x0045U + 0x1140U + 0x000aU + 0x0100U + 0x000aU + 0x0200U);
}

TEST(vtep_entry, ipv6_template) {
    const vtep_entry entry = make_vtep_entry(parameters("fd00::1", "fd00::2"));
    EXPECT_EQ(entry.header_length, 62);
    EXPECT_TRUE(entry.reachable);
    EXPECT_TRUE(entry.ipv6);
    const std::vector<std::uint8_t> expected{
        0x02, 0, 0,    0,    0, 0x0b, 0x02, 0,  0, 0, 0, 0x0a, 0x86, 0xdd,        // Ethernet
        0x60, 0, 0,    0,    0, 0,    17,   64,                                   // IPv6
        0xfd, 0, 0,    0,    0, 0,    0,    0,  0, 0, 0, 0,    0,    0,    0, 1,  // source
        0xfd, 0, 0,    0,    0, 0,    0,    0,  0, 0, 0, 0,    0,    0,    0, 2,  // destination
        0,    0, 0x12, 0xb5, 0, 0,    0,    0};                                   // UDP
    EXPECT_EQ(header_of(entry), expected);
    // Pseudo header without length, then port 4789 = 12b5.
    EXPECT_EQ(entry.checksum_base, 0x00fdU + 0x0100U + 0x00fdU + 0x0200U + 0x1100U + 0xb512U);
}

// What is left of an outer IP packet for a frame with its Ethernet header: less 36 bytes over IPv4, 56 over
// IPv6.
TEST(vtep_entry, the_largest_frame_fits_the_path_mtu) {
    struct row {
        const char* source;
        const char* remote;
        std::uint16_t path_mtu;
        std::uint16_t largest_frame;
    };
    for (const row& each :
         {row{"10.0.0.1", "10.0.0.2", 1500, 1464}, row{"10.0.0.1", "10.0.0.2", 65535, 65499},
          row{"10.0.0.1", "10.0.0.2", 51, 15}, row{"10.0.0.1", "10.0.0.2", 50, 0},
          row{"10.0.0.1", "10.0.0.2", 0, 0}, row{"fd00::1", "fd00::2", 1500, 1444},
          row{"fd00::1", "fd00::2", 71, 15}, row{"fd00::1", "fd00::2", 70, 0}}) {
        auto with_mtu = parameters(each.source, each.remote);
        with_mtu.path_mtu = each.path_mtu;
        EXPECT_EQ(make_vtep_entry(with_mtu).largest_frame, each.largest_frame) << each.path_mtu;
    }
    EXPECT_EQ(make_unreachable_vtep_entry(*ip_address::parse("10.0.0.2")).largest_frame, 0);
}

TEST(vtep_entry, the_port_number_is_the_configured_one) {
    auto with_port = parameters("10.0.0.1", "10.0.0.2");
    with_port.udp_port = 8472;
    const vtep_entry entry = make_vtep_entry(with_port);
    EXPECT_EQ(entry.header[36], 8472 >> 8);
    EXPECT_EQ(entry.header[37], 8472 & 0xff);
}

TEST(vtep_entry, unreachable) {
    for (const char* text : {"10.0.0.2", "fd00::2"}) {
        const vtep_entry entry = make_unreachable_vtep_entry(*ip_address::parse(text));
        EXPECT_FALSE(entry.reachable);
        EXPECT_EQ(entry.address.to_string(), text);
        EXPECT_EQ(entry.ipv6, entry.address.is_v6());
        EXPECT_EQ(entry.header_length, 0);
    }
}

}  // namespace
}  // namespace waggle
