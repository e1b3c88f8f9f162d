#include <map>
#include <string>
#include <tuple>

#include <gtest/gtest.h>

#include "dataplane/table/member_table.hh"
#include "dataplane/table/neighbour_table.hh"
#include "dataplane/table/vni_index.hh"

namespace waggle {
namespace {

ip_address ip(const char* text) {
    return *ip_address::parse(text);
}
mac_address mac(std::uint64_t value) {
    return mac_address::from_u64(value);
}

TEST(neighbour_table, insert_change_erase) {
    rcu_domain rcu(1);
    neighbour_table table(rcu);
    for (const char* text : {"10.1.0.7", "0.0.0.0", "255.255.255.255", "fd00::7", "::"}) {
        EXPECT_EQ(table.find(1, ip(text)), std::nullopt) << text;
        EXPECT_EQ(table.upsert(1, ip(text), mac(0x0242'0a01'0007)), std::nullopt);
        EXPECT_EQ(table.find(1, ip(text)), mac(0x0242'0a01'0007)) << text;
        EXPECT_EQ(table.upsert(1, ip(text), mac(0xffff'ffff'ffff)), mac(0x0242'0a01'0007));
        EXPECT_EQ(table.find(1, ip(text)), mac(0xffff'ffff'ffff)) << text;
        EXPECT_EQ(table.upsert(1, ip(text), mac(0)), mac(0xffff'ffff'ffff));
        EXPECT_EQ(table.find(1, ip(text)), mac(0)) << text;
        EXPECT_EQ(table.size(), 1U);
        EXPECT_EQ(table.erase(1, ip(text)), mac(0));
        EXPECT_EQ(table.erase(1, ip(text)), std::nullopt);
        EXPECT_EQ(table.find(1, ip(text)), std::nullopt) << text;
    }
    EXPECT_EQ(table.size(), 0U);
}

TEST(neighbour_table, overlays_and_families_are_apart) {
    rcu_domain rcu(1);
    neighbour_table table(rcu);
    table.upsert(1, ip("10.0.0.1"), mac(1));
    table.upsert(65535, ip("10.0.0.1"), mac(2));
    table.upsert(1, ip("::a00:1"), mac(3));
    EXPECT_EQ(table.find(1, ip("10.0.0.1")), mac(1));
    EXPECT_EQ(table.find(65535, ip("10.0.0.1")), mac(2));
    EXPECT_EQ(table.find(1, ip("::a00:1")), mac(3));
    EXPECT_EQ(table.find(1, ip("::ffff:10.0.0.1")), mac(1)) << "a mapped address is IPv4";
    EXPECT_EQ(table.find(2, ip("10.0.0.1")), std::nullopt);
}

TEST(neighbour_table, overlay_zero_finds_nothing_although_empty_slots_look_like_it) {
    rcu_domain rcu(1);
    neighbour_table table(rcu);
    EXPECT_EQ(table.find(no_overlay, ip("::")), std::nullopt);
    table.upsert(1, ip("10.0.0.1"), mac(1));
    table.erase(1, ip("10.0.0.1"));
    EXPECT_EQ(table.find(no_overlay, ip("10.0.0.1")), std::nullopt);
}

TEST(neighbour_table, grows_and_visits_every_entry_once) {
    rcu_domain rcu(1);
    neighbour_table table(rcu);
    using key = std::pair<overlay_index, ip_address>;
    std::map<key, mac_address> expected;
    for (std::uint32_t i = 0; i < 30'000; ++i) {
        const auto overlay = static_cast<overlay_index>(1 + i % 300);
        const auto address = i % 2 == 0 ? ip_address::from_v4(0x0a00'0000 + i)
                                        : ip(("fd00::" + std::to_string(i % 9999) + ":1").c_str());
        table.upsert(overlay, address, mac(i));
        expected[{overlay, address}] = mac(i);
    }
    EXPECT_EQ(table.size(), expected.size());
    std::map<key, mac_address> seen;
    table.for_each([&](overlay_index overlay, const ip_address& address, const mac_address& value) {
        EXPECT_TRUE(seen.emplace(key(overlay, address), value).second);
    });
    EXPECT_EQ(seen, expected);
    for (const auto& [at, value] : expected) ASSERT_EQ(table.find(at.first, at.second), value);
    EXPECT_LE(table.memory_bytes(), table.size() * 128);
}

TEST(member_table, every_index_of_a_vtep_can_be_told_from_none) {
    rcu_domain rcu(1);
    member_table table(rcu);
    for (const vtep_index vtep : {vtep_index{0}, vtep_index{1}, vtep_index{65535}}) {
        table.upsert(9, ip("192.0.2.1"), vtep);
        EXPECT_EQ(table.find(9, ip("192.0.2.1")), vtep);
    }
    EXPECT_EQ(table.find(9, ip("192.0.2.2")), std::nullopt);
    EXPECT_EQ(table.find(8, ip("192.0.2.1")), std::nullopt);
    EXPECT_EQ(table.erase(9, ip("192.0.2.1")), vtep_index{65535});
    EXPECT_EQ(table.find(9, ip("192.0.2.1")), std::nullopt);
}

TEST(vni_index, both_ends_and_between) {
    vni_index index;
    for (const std::uint32_t value : {0U, 1U, 4096U, vni::maximum - 1, vni::maximum}) {
        const vni id = *vni::from(value);
        EXPECT_EQ(index.find(id), no_overlay);
        index.set(id, 65535);
        EXPECT_EQ(index.find(id), 65535);
        if (value > 1) {
            EXPECT_EQ(index.find(*vni::from(value - 2)), no_overlay);
        }
    }
    for (const std::uint32_t value : {0U, 1U, 4096U, vni::maximum - 1, vni::maximum})
        index.set(*vni::from(value), no_overlay);
    EXPECT_EQ(index.find(*vni::from(vni::maximum)), no_overlay);
}

}  // namespace
}  // namespace waggle
