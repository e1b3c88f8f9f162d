#include "dataplane/table/table_writer.hh"

#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace waggle {
namespace {

vni id(std::uint32_t value) {
    return *vni::from(value);
}
ip_address host(std::uint32_t n) {
    return ip_address::from_v4(0xc000'0200 + n);
}
mac_address mac(std::uint64_t value) {
    return mac_address::from_u64(value);
}

class table_writer_test : public testing::Test {
protected:
    overlay_index overlay(std::uint32_t value, bool flood = false) {
        const auto made = _writer.create_overlay(id(value), {.mtu = 1450, .flood = flood});
        EXPECT_TRUE(made.ok());
        return *made;
    }
    vtep_index vtep(std::uint32_t n) {
        const auto made = _writer.create_vtep(make_unreachable_vtep_entry(host(n)));
        EXPECT_TRUE(made.ok());
        return *made;
    }
    const flood_list& flooding(overlay_index of) { return *_tables.overlay(of)->flooding; }

    rcu_domain _rcu{2};
    tables _tables{_rcu};
    table_writer _writer{_tables, _rcu, 2};
};

TEST_F(table_writer_test, a_new_overlay_is_what_workers_see) {
    const auto index = overlay(0xabcdef);
    EXPECT_NE(index, no_overlay);
    EXPECT_EQ(_tables.overlay_of(id(0xabcdef)), index);
    const overlay_entry* entry = _tables.overlay(index);
    ASSERT_NE(entry, nullptr);
    EXPECT_EQ(entry->vxlan_vni, be32(0xabcdef00));
    EXPECT_EQ(entry->index, index);
    EXPECT_EQ(entry->mtu, 1450);
    EXPECT_FALSE(entry->flood);
    ASSERT_NE(entry->flooding, nullptr);
    EXPECT_TRUE(entry->flooding->vteps.empty());
    ASSERT_NE(entry->counters, nullptr);
    EXPECT_EQ(_writer.vni_of(index), id(0xabcdef));
    EXPECT_EQ(_writer.overlay_count(), 1U);
    EXPECT_EQ(_tables.overlay_of(id(1)), no_overlay);
    EXPECT_EQ(_tables.overlay(no_overlay), nullptr);
}

TEST_F(table_writer_test, vni_0_is_an_overlay_like_others) {
    EXPECT_EQ(_tables.overlay_of(id(0)), no_overlay);
    const auto index = overlay(0);
    EXPECT_EQ(_tables.overlay_of(id(0)), index);
}

TEST_F(table_writer_test, a_vni_in_use_is_refused) {
    overlay(7);
    const auto again = _writer.create_overlay(id(7), {});
    ASSERT_FALSE(again.ok());
    EXPECT_EQ(again.failure().message, "VNI 7 is in use already");
}

TEST_F(table_writer_test, update_publishes_a_new_entry_and_keeps_counters) {
    const auto index = overlay(7);
    const overlay_entry* before = _tables.overlay(index);
    _rcu.enter(0);
    before->counters[1].drop(drop_reason::multicast);
    _writer.update_overlay(index, {.mtu = 8950, .flood = false});
    const overlay_entry* after = _tables.overlay(index);
    EXPECT_NE(before, after);
    EXPECT_EQ(before->mtu, 1450) << "a reader may still be looking";
    EXPECT_EQ(after->mtu, 8950);
    EXPECT_EQ(after->counters, before->counters);
    EXPECT_EQ(_writer.counters(index, 1).drops[static_cast<std::size_t>(drop_reason::multicast)], 1U);
    _rcu.leave(0);
}

TEST_F(table_writer_test, an_index_is_reused_only_after_a_grace_period) {
    const auto first_overlay = overlay(7);
    const auto first_vtep = vtep(1);
    _rcu.enter(0);
    _writer.remove_overlay(first_overlay);
    _writer.remove_vtep(first_vtep);
    EXPECT_EQ(_tables.overlay_of(id(7)), no_overlay);
    EXPECT_EQ(_tables.overlay(first_overlay), nullptr);
    EXPECT_EQ(_tables.vtep(first_vtep), nullptr);
    _writer.commit();
    EXPECT_NE(overlay(8), first_overlay);
    EXPECT_NE(vtep(2), first_vtep);
    _rcu.quiescent(0);
    _writer.commit();
    EXPECT_EQ(overlay(9), first_overlay);
    EXPECT_EQ(vtep(3), first_vtep);
    _rcu.leave(0);
}

TEST_F(table_writer_test, an_index_is_not_reused_before_the_batch_is_committed) {
    const auto first = vtep(1);
    _writer.remove_vtep(first);
    _rcu.reclaim();
    EXPECT_NE(vtep(2), first) << "a published flood list may still name it";
}

TEST_F(table_writer_test, vteps_by_address) {
    EXPECT_EQ(_writer.vtep_of(host(1)), std::nullopt);
    const auto index = vtep(1);
    EXPECT_EQ(_writer.vtep_of(host(1)), index);
    EXPECT_FALSE(_tables.vtep(index)->reachable);
    const auto again = _writer.create_vtep(make_unreachable_vtep_entry(host(1)));
    ASSERT_FALSE(again.ok());
    EXPECT_EQ(again.failure().message, "VTEP 192.0.2.1 exists already");
    _writer.update_vtep(index, make_vtep_entry({.remote = host(1),
                                                .source = host(9),
                                                .source_mac = mac(1),
                                                .destination_mac = mac(2),
                                                .udp_port = 4789,
                                                .path_mtu = 9000,
                                                .port = 2}));
    EXPECT_TRUE(_tables.vtep(index)->reachable);
    EXPECT_EQ(_tables.vtep(index)->path_mtu, 9000);
    std::size_t visited = 0;
    _writer.for_each_vtep([&](vtep_index at, const vtep_entry& entry) {
        ++visited;
        EXPECT_EQ(at, index);
        EXPECT_EQ(entry.address, host(1));
    });
    EXPECT_EQ(visited, 1U);
    _writer.remove_vtep(index);
    EXPECT_EQ(_writer.vtep_of(host(1)), std::nullopt);
    EXPECT_EQ(_writer.vtep_count(), 0U);
}

TEST_F(table_writer_test, members) {
    const auto in = overlay(7);
    const auto other = overlay(8);
    const auto peer = vtep(1);
    EXPECT_EQ(_tables.members().find(in, host(1)), std::nullopt);
    _writer.add_member(in, peer);
    _writer.add_member(in, peer);
    EXPECT_EQ(_tables.members().find(in, host(1)), peer);
    EXPECT_EQ(_tables.members().find(other, host(1)), std::nullopt);
    _writer.remove_member(in, peer);
    _writer.remove_member(in, peer);
    EXPECT_EQ(_tables.members().find(in, host(1)), std::nullopt);
}

TEST_F(table_writer_test, flood_lists_follow_members_and_ports_at_commit) {
    const auto in = overlay(7, true);
    const auto one = vtep(1);
    const auto two = vtep(2);
    _writer.add_member(in, one);
    _writer.add_member(in, two);
    _writer.add_port(in, 4);
    _writer.add_port(in, 4);
    EXPECT_TRUE(flooding(in).vteps.empty());
    _writer.commit();
    EXPECT_EQ(flooding(in).vteps, (std::vector{one, two}));
    EXPECT_EQ(flooding(in).ports, (std::vector<port_index>{4}));
    EXPECT_EQ(_tables.overlay(in)->mtu, 1450);
    _writer.remove_member(in, one);
    _writer.remove_port(in, 4);
    _writer.commit();
    EXPECT_EQ(flooding(in).vteps, (std::vector{two}));
    EXPECT_TRUE(flooding(in).ports.empty());
    _writer.update_overlay(in, {.mtu = 1450, .flood = false});
    _writer.commit();
    EXPECT_TRUE(flooding(in).vteps.empty());
    _writer.update_overlay(in, {.mtu = 1450, .flood = true});
    _writer.commit();
    EXPECT_EQ(flooding(in).vteps, (std::vector{two}));
}

TEST_F(table_writer_test, a_quiet_overlay_has_empty_flood_lists) {
    const auto in = overlay(7);
    _writer.add_member(in, vtep(1));
    _writer.add_port(in, 4);
    _writer.commit();
    EXPECT_TRUE(flooding(in).vteps.empty());
    EXPECT_TRUE(flooding(in).ports.empty());
}

TEST_F(table_writer_test, removing_a_flooding_overlay_or_its_vtep_in_one_batch) {
    const auto in = overlay(7, true);
    const auto kept = overlay(8, true);
    const auto peer = vtep(1);
    _writer.add_member(in, peer);
    _writer.add_member(kept, peer);
    _writer.commit();
    _writer.remove_vtep(peer);
    _writer.remove_overlay(in);
    _writer.commit();
    EXPECT_EQ(_tables.overlay(in), nullptr);
    EXPECT_TRUE(flooding(kept).vteps.empty());
    EXPECT_EQ(_tables.members().size(), 0U);
}

TEST_F(table_writer_test, removing_an_overlay_takes_what_is_in_it) {
    const auto in = overlay(7);
    const auto kept = overlay(8);
    const auto peer = vtep(1);
    for (const overlay_index each : {in, kept}) {
        _writer.add_member(each, peer);
        _writer.upsert_forwarding(each, mac(1), forwarding_value::remote(peer));
        _writer.upsert_forwarding(each, mac(2), forwarding_value::local(3));
        _writer.upsert_neighbour(each, host(5), mac(1));
    }
    _writer.remove_overlay(in);
    _writer.commit();
    EXPECT_EQ(_tables.forwarding().size(), 2U);
    EXPECT_EQ(_tables.neighbours().size(), 1U);
    EXPECT_EQ(_tables.members().size(), 1U);
    EXPECT_EQ(_tables.forwarding().find(forwarding_key::from(in, mac(1))), std::nullopt);
    EXPECT_EQ(_tables.forwarding().find(forwarding_key::from(kept, mac(1))), forwarding_value::remote(peer));
    // The same number again is a clean overlay.
    const auto again = overlay(9);
    EXPECT_EQ(again, in);
    EXPECT_EQ(_tables.forwarding().find(forwarding_key::from(again, mac(2))), std::nullopt);
    EXPECT_EQ(_tables.members().find(again, host(1)), std::nullopt);
}

TEST_F(table_writer_test, removing_a_vtep_takes_what_names_it) {
    const auto in = overlay(7);
    const auto gone = vtep(1);
    const auto kept = vtep(2);
    _writer.add_member(in, gone);
    _writer.add_member(in, kept);
    _writer.upsert_forwarding(in, mac(1), forwarding_value::remote(gone));
    _writer.upsert_forwarding(in, mac(2), forwarding_value::remote(kept));
    _writer.upsert_forwarding(in, mac(3), forwarding_value::remote(gone));
    _writer.upsert_forwarding(in, mac(3), forwarding_value::local(1));
    _writer.remove_vtep(gone);
    EXPECT_EQ(_tables.members().find(in, host(1)), std::nullopt);
    EXPECT_EQ(_tables.members().find(in, host(2)), kept);
    EXPECT_EQ(_tables.forwarding().find(forwarding_key::from(in, mac(1))), std::nullopt);
    EXPECT_EQ(_tables.forwarding().find(forwarding_key::from(in, mac(2))), forwarding_value::remote(kept));
    EXPECT_EQ(_tables.forwarding().find(forwarding_key::from(in, mac(3))), forwarding_value::local(1));
}

TEST_F(table_writer_test, entries) {
    const auto in = overlay(7);
    _writer.upsert_forwarding(in, mac(1), forwarding_value::local(1));
    EXPECT_TRUE(_writer.erase_forwarding(in, mac(1)));
    EXPECT_FALSE(_writer.erase_forwarding(in, mac(1)));
    _writer.upsert_neighbour(in, host(5), mac(1));
    _writer.upsert_neighbour(in, host(5), mac(2));
    EXPECT_EQ(_tables.neighbours().find(in, host(5)), mac(2));
    EXPECT_TRUE(_writer.erase_neighbour(in, host(5)));
    EXPECT_FALSE(_writer.erase_neighbour(in, host(5)));
}

TEST_F(table_writer_test, reserve_reports_what_does_not_fit) {
    EXPECT_TRUE(_writer.reserve(10'000, 1000, 100).ok());
    EXPECT_GE(_tables.forwarding().memory_bytes(), 10'000U * 12);
}

TEST_F(table_writer_test, counters_by_worker_and_overlay) {
    const auto in = overlay(7);
    _tables.overlay(in)->counters[0].encapsulated_packets.add(3);
    _tables.overlay(in)->counters[1].encapsulated_packets.add(4);
    _tables.overlay(in)->counters[1].decapsulated_bytes.add(100);
    _writer.no_overlay_counters(1)->drop(drop_reason::unknown_vni, 5);
    EXPECT_EQ(_writer.counters(in, 0).encapsulated_packets, 3U);
    EXPECT_EQ(_writer.counters(in, 1).encapsulated_packets, 4U);
    EXPECT_EQ(_writer.counters(in, 1).decapsulated_bytes, 100U);
    counter_values expected;
    expected.drops[static_cast<std::size_t>(drop_reason::unknown_vni)] = 5;
    EXPECT_EQ(_writer.counters(no_overlay, 1), expected);
    EXPECT_EQ(_writer.counters(no_overlay, 0), counter_values());
}

TEST_F(table_writer_test, sixty_five_thousand_overlays_and_not_one_more) {
    std::set<overlay_index> given;
    for (std::uint32_t n = 1; n <= 65535; ++n) given.insert(overlay(n));
    EXPECT_EQ(given.size(), 65535U);
    EXPECT_FALSE(given.contains(no_overlay));
    const auto refused = _writer.create_overlay(id(70'000), {});
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.failure().message, "no room for VNI 70000: this host has 65,535 overlays, remove some");
    EXPECT_EQ(_tables.overlay_of(id(70'000)), no_overlay);
    _writer.remove_overlay(*given.begin());
    _writer.commit();
    EXPECT_TRUE(_writer.create_overlay(id(70'000), {}).ok());
    std::size_t visited = 0;
    _writer.for_each_overlay([&](overlay_index, vni, const overlay_settings&) { ++visited; });
    EXPECT_EQ(visited, 65535U);
}

TEST_F(table_writer_test, sixty_five_thousand_vteps_and_not_one_more) {
    for (std::uint32_t n = 1; n <= 65535; ++n) vtep(n);
    const auto refused = _writer.create_vtep(make_unreachable_vtep_entry(host(65536)));
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.failure().message,
              "no room for VTEP 192.1.2.0: this host knows 65,535 VTEPs, remove some");
    EXPECT_EQ(_writer.vtep_of(host(65536)), std::nullopt);
}

TEST(table_writer_end, what_is_published_goes_with_the_writer) {
    rcu_domain rcu(1);
    tables all(rcu);
    {
        table_writer writer(all, rcu, 1);
        ASSERT_TRUE(writer.create_overlay(id(5), {.mtu = 1450, .flood = true}).ok());
        ASSERT_TRUE(writer.create_vtep(make_unreachable_vtep_entry(host(1))).ok());
        writer.commit();
        EXPECT_NE(all.overlay(1), nullptr);
    }
    EXPECT_EQ(all.overlay_of(id(5)), no_overlay);
    EXPECT_EQ(all.overlay(1), nullptr);
    EXPECT_EQ(all.vtep(1), nullptr);
}

}  // namespace
}  // namespace waggle
