#include <gtest/gtest.h>

#include "common/byte_order.hh"
#include "common/ip_address.hh"
#include "common/ip_prefix.hh"
#include "common/mac_address.hh"
#include "common/result.hh"
#include "common/vni.hh"

namespace waggle {
namespace {

TEST(mac_address, parses_what_it_prints) {
    const auto mac = mac_address::parse("02:42:0a:01:00:fF");
    ASSERT_TRUE(mac);
    EXPECT_EQ(mac->to_string(), "02:42:0a:01:00:ff");
    EXPECT_EQ(mac->to_u64(), 0x02420a0100ffU);
    EXPECT_EQ(mac_address::from_u64(mac->to_u64()), *mac);
}

TEST(mac_address, refuses_everything_else) {
    for (const char* text : {"", "02:42:0a:01:00", "02:42:0a:01:00:0g", "02-42-0a-01-00-02",
                             "02:42:0a:01:00:02:", "2:42:0a:01:00:02", "02:42:0a:01:00:2 "})
        EXPECT_FALSE(mac_address::parse(text)) << text;
}

TEST(mac_address, docker_derivation) {
    EXPECT_EQ(mac_address::derived_from(*ip_address::parse("10.1.0.7")).to_string(), "02:42:0a:01:00:07");
}

TEST(ip_address, mapped_is_v4) {
    const auto v4 = ip_address::parse("192.0.2.1");
    ASSERT_TRUE(v4);
    EXPECT_TRUE(v4->is_v4());
    EXPECT_EQ(v4->v4(), 0xc0000201U);
    EXPECT_EQ(ip_address::parse("::ffff:192.0.2.1"), v4);
    EXPECT_EQ(v4->wire_bytes().size(), 4U);
    EXPECT_EQ(ip_address::parse("2001:db8::1")->wire_bytes().size(), 16U);
}

TEST(ip_address, kinds) {
    EXPECT_TRUE(ip_address::parse("224.0.0.1")->is_multicast());
    EXPECT_TRUE(ip_address::parse("ff02::1")->is_multicast());
    EXPECT_TRUE(ip_address::parse("0.0.0.0")->is_unspecified());
    EXPECT_TRUE(ip_address::parse("::")->is_unspecified());
    EXPECT_TRUE(ip_address::parse("::1")->is_loopback());
    EXPECT_TRUE(ip_address::parse("fe80::1")->is_link_local());
    EXPECT_FALSE(ip_address::parse("10.0.0.256"));
    EXPECT_FALSE(ip_address::parse("fe80::1%eth0"));
}

TEST(ip_prefix, contains_and_overlaps) {
    const auto net = ip_prefix::parse("10.1.2.3/20");
    ASSERT_TRUE(net);
    EXPECT_EQ(net->network().to_string(), "10.1.0.0/20");
    EXPECT_TRUE(net->contains(*ip_address::parse("10.1.15.255")));
    EXPECT_FALSE(net->contains(*ip_address::parse("10.1.16.0")));
    EXPECT_FALSE(ip_prefix::parse("0.0.0.0/0")->contains(*ip_address::parse("2001:db8::1")));
    EXPECT_TRUE(ip_prefix::parse("10.0.0.0/8")->overlaps(*net));
    EXPECT_TRUE(net->overlaps(*ip_prefix::parse("10.0.0.0/8")));
    EXPECT_EQ(net->broadcast_address(), ip_address::parse("10.1.15.255"));
    for (const char* text : {"10.0.0.1", "10.0.0.1/33", "10.0.0.1/", "10.0.0.1/-1", "10.0.0.1/8x", "::/129"})
        EXPECT_FALSE(ip_prefix::parse(text)) << text;
}

TEST(byte_order, memory_is_network_order) {
    const be16 port{4789};
    EXPECT_EQ(reinterpret_cast<const unsigned char*>(&port)[0], 4789 >> 8);
    EXPECT_EQ(port.host(), 4789);
    EXPECT_EQ(be32{0x01020304}.host(), 0x01020304U);
}

TEST(vni, is_24_bits) {
    EXPECT_TRUE(vni::from(0xffffff));
    EXPECT_FALSE(vni::from(0x1000000));
}

TEST(result, carries_context) {
    const auto inner = []() -> result<int> { return error{"no such file"}; };
    EXPECT_EQ(inner().context("reading a.yaml").failure().message, "reading a.yaml: no such file");
    EXPECT_EQ(*result<int>(3).context("unused"), 3);
}

}  // namespace
}  // namespace waggle
