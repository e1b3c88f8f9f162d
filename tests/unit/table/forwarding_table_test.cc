#include "dataplane/table/forwarding_table.hh"

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/ip_address.hh"

namespace waggle {
namespace {

/// Lets tests look at buckets.
class open_table : public forwarding_table {
public:
    using forwarding_table::array;
    using forwarding_table::forwarding_table;
};

forwarding_key docker_key(overlay_index overlay, std::uint32_t ip) {
    return forwarding_key::from(overlay, mac_address::derived_from(ip_address::from_v4(ip)));
}

/// `count` keys that share a home bucket of `table` as it is now.
std::vector<forwarding_key> keys_of_one_bucket(const open_table& table, std::size_t count,
                                               std::uint32_t first = 0) {
    std::vector<forwarding_key> keys{docker_key(1, first)};
    const auto home = table.array().home_index(keys[0]);
    for (std::uint32_t ip = first + 1; keys.size() < count; ++ip)
        if (const auto key = docker_key(1, ip); table.array().home_index(key) == home) keys.push_back(key);
    return keys;
}

forwarding_value find_bulk(const forwarding_table& table, forwarding_key key) {
    forwarding_value found = forwarding_value::local(4095);
    table.find(&key, 1, &found);
    return found;
}

class forwarding_table_test : public testing::Test {
protected:
    rcu_domain _rcu{2};
    open_table _table{_rcu};
};

TEST_F(forwarding_table_test, empty_table_knows_nothing) {
    EXPECT_EQ(_table.find(docker_key(1, 7)), std::nullopt);
    EXPECT_FALSE(find_bulk(_table, docker_key(1, 7)).is_known());
    EXPECT_EQ(_table.size(), 0U);
}

TEST_F(forwarding_table_test, insert_change_erase) {
    const auto key = docker_key(1, 7);
    EXPECT_EQ(_table.upsert(key, forwarding_value::local(5)), std::nullopt);
    EXPECT_EQ(_table.find(key), forwarding_value::local(5));
    EXPECT_EQ(find_bulk(_table, key), forwarding_value::local(5));
    EXPECT_EQ(_table.upsert(key, forwarding_value::remote(9)), forwarding_value::local(5));
    EXPECT_EQ(_table.find(key), forwarding_value::remote(9));
    EXPECT_EQ(_table.size(), 1U);
    EXPECT_EQ(_table.erase(key), forwarding_value::remote(9));
    EXPECT_EQ(_table.erase(key), std::nullopt);
    EXPECT_EQ(_table.find(key), std::nullopt);
    EXPECT_FALSE(find_bulk(_table, key).is_known());
    EXPECT_EQ(_table.size(), 0U);
}

TEST_F(forwarding_table_test, overlays_are_apart) {
    _table.upsert(docker_key(1, 7), forwarding_value::local(1));
    _table.upsert(docker_key(65535, 7), forwarding_value::local(2));
    EXPECT_EQ(_table.find(docker_key(1, 7)), forwarding_value::local(1));
    EXPECT_EQ(_table.find(docker_key(65535, 7)), forwarding_value::local(2));
    EXPECT_EQ(_table.find(docker_key(2, 7)), std::nullopt);
}

TEST_F(forwarding_table_test, key_zero_is_never_found_although_empty_slots_look_like_it) {
    const auto key = docker_key(1, 7);
    _table.upsert(key, forwarding_value::local(5));
    _table.erase(key);
    EXPECT_EQ(_table.find(forwarding_key()), std::nullopt);
    // In every bucket, also one whose erased slot still has its value.
    std::vector<forwarding_key> all = keys_of_one_bucket(_table, 200);
    for (const auto& each : all) _table.upsert(each, forwarding_value::local(6));
    for (const auto& each : all) _table.erase(each);
    EXPECT_FALSE(find_bulk(_table, forwarding_key()).is_known());
}

TEST_F(forwarding_table_test, bulk_of_every_size_with_hits_and_misses_mixed) {
    for (std::uint32_t ip = 0; ip < 300; ip += 3)
        _table.upsert(docker_key(2, ip), forwarding_value::remote(static_cast<vtep_index>(ip)));
    for (unsigned count = 0; count <= forwarding_table::bulk_capacity; ++count) {
        std::vector<forwarding_key> keys;
        for (unsigned i = 0; i < count; ++i) keys.push_back(docker_key(2, (i * 7 + count) % 300));
        std::vector<forwarding_value> found(count + 1, forwarding_value::local(77));
        _table.find(keys.data(), count, found.data());
        for (unsigned i = 0; i < count; ++i) {
            const std::uint32_t ip = (i * 7 + count) % 300;
            const auto expected =
                ip % 3 == 0 ? forwarding_value::remote(static_cast<vtep_index>(ip)) : forwarding_value();
            EXPECT_EQ(found[i], expected) << "key " << i << " of " << count;
        }
        EXPECT_EQ(found[count], forwarding_value::local(77)) << "wrote past " << count;
    }
}

TEST_F(forwarding_table_test, a_full_bucket_chains) {
    const auto keys = keys_of_one_bucket(_table, 40);
    for (std::size_t i = 0; i < keys.size(); ++i)
        _table.upsert(keys[i], forwarding_value::local(static_cast<port_index>(i)));
    for (std::size_t i = 0; i < keys.size(); ++i) {
        EXPECT_EQ(_table.find(keys[i]), forwarding_value::local(static_cast<port_index>(i)));
        EXPECT_EQ(find_bulk(_table, keys[i]), forwarding_value::local(static_cast<port_index>(i)));
    }
    EXPECT_FALSE(find_bulk(_table, keys_of_one_bucket(_table, 41).back()).is_known());
}

TEST_F(forwarding_table_test, emptied_overflow_buckets_are_used_again) {
    const auto keys = keys_of_one_bucket(_table, 40);
    const auto* const array = &_table.array();
    for (unsigned round = 0; round < 200; ++round) {
        for (const auto& key : keys) _table.upsert(key, forwarding_value::local(1));
        for (const auto& key : keys) _table.erase(key);
    }
    EXPECT_EQ(&_table.array(), array) << "the table was rebuilt";
}

TEST_F(forwarding_table_test, a_slot_given_up_keeps_its_value_until_the_reader_has_passed) {
    _rcu.enter(0);
    const auto keys = keys_of_one_bucket(_table, 6);
    const forwarding_bucket& home = _table.array().home(keys[0]);
    for (unsigned i = 0; i < 5; ++i) _table.upsert(keys[i], forwarding_value::local(10));
    const int slot = home.slot_of(keys[2]);
    ASSERT_GE(slot, 0);
    const auto at = static_cast<unsigned>(slot);
    _table.erase(keys[2]);
    // A reader may have matched keys[2] just before and be about to read the value.
    _table.upsert(keys[5], forwarding_value::local(20));
    EXPECT_EQ(home.keys[at], 0U);
    EXPECT_EQ(home.values[at], forwarding_value::local(10).raw());
    EXPECT_EQ(_table.find(keys[5]), forwarding_value::local(20));
    _rcu.leave(0);
}

TEST_F(forwarding_table_test, an_overflow_bucket_taken_out_still_leads_on_until_the_reader_has_passed) {
    // Chain home, x, y, of which x becomes empty while a reader stands in it.
    _rcu.enter(0);
    const auto keys = keys_of_one_bucket(_table, 15);
    const forwarding_bucket& home = _table.array().home(keys[0]);
    for (const auto& key : keys) _table.upsert(key, forwarding_value::local(1));
    const forwarding_bucket* const x = _table.array().next(home);
    ASSERT_NE(x, nullptr);
    const forwarding_bucket* const y = _table.array().next(*x);
    ASSERT_NE(y, nullptr);
    for (unsigned i = 5; i < 10; ++i) _table.erase(keys[i]);
    _rcu.quiescent(0);
    // Slots are given back lazily: keep the writer busy elsewhere.
    for (std::uint32_t i = 0; i < 100; ++i) {
        _table.upsert(docker_key(9, i), forwarding_value::local(2));
        _table.erase(docker_key(9, i));
    }
    ASSERT_EQ(_table.array().next(home), y) << "x was to be taken out";
    const auto* const array = &_table.array();
    std::uint32_t other = 1;
    while (_table.array().home_index(docker_key(1, other)) == _table.array().home_index(keys[0])) ++other;
    for (const auto& key : keys_of_one_bucket(_table, 20, other))
        _table.upsert(key, forwarding_value::local(2));
    ASSERT_EQ(&_table.array(), array);
    EXPECT_EQ(_table.array().next(*x), y);
    EXPECT_EQ(x->keys, forwarding_bucket{}.keys);
    for (unsigned i = 10; i < 15; ++i) EXPECT_EQ(_table.find(keys[i]), forwarding_value::local(1));
    _rcu.leave(0);
}

TEST_F(forwarding_table_test, a_reader_that_never_passes_does_not_stop_the_writer) {
    _rcu.enter(0);
    _table.upsert(docker_key(1, 0), forwarding_value::local(1));
    const std::size_t bytes = _table.memory_bytes();
    for (std::uint32_t ip = 1; ip < 20'000; ++ip) {
        _table.upsert(docker_key(1, ip), forwarding_value::local(2));
        ASSERT_EQ(_table.erase(docker_key(1, ip)), forwarding_value::local(2));
    }
    EXPECT_EQ(_table.find(docker_key(1, 0)), forwarding_value::local(1));
    EXPECT_EQ(_table.size(), 1U);
    EXPECT_EQ(_table.memory_bytes(), bytes) << "grew although it holds one entry";
    _rcu.leave(0);
}

TEST_F(forwarding_table_test, grows_within_64_bytes_an_entry) {
    for (std::uint32_t ip = 0; ip < 200'000; ++ip) {
        _table.upsert(docker_key(3, ip), forwarding_value::remote(static_cast<vtep_index>(ip)));
        if (ip >= 1000) {
            ASSERT_LE(_table.memory_bytes(), std::size_t{ip + 1} * 64);
        }
    }
    EXPECT_EQ(_table.size(), 200'000U);
    for (std::uint32_t ip = 0; ip < 200'000; ++ip)
        ASSERT_EQ(_table.find(docker_key(3, ip)), forwarding_value::remote(static_cast<vtep_index>(ip)));
}

TEST_F(forwarding_table_test, reserve_grows_once) {
    _table.upsert(docker_key(1, 0), forwarding_value::local(1));
    _table.reserve(50'000);
    const auto* const array = &_table.array();
    for (std::uint32_t ip = 1; ip < 50'000; ++ip)
        _table.upsert(docker_key(1, ip), forwarding_value::local(1));
    EXPECT_EQ(&_table.array(), array);
    EXPECT_EQ(_table.find(docker_key(1, 0)), forwarding_value::local(1));
    _table.reserve(10);
    EXPECT_EQ(&_table.array(), array) << "reserve never shrinks";
}

TEST_F(forwarding_table_test, for_each_visits_every_entry_once) {
    std::map<std::uint64_t, std::uint32_t> expected;
    for (std::uint32_t ip = 0; ip < 5000; ++ip) {
        const auto key = docker_key(static_cast<overlay_index>(1 + ip % 7), ip);
        _table.upsert(key, forwarding_value::local(static_cast<port_index>(ip)));
        expected[key.raw()] = forwarding_value::local(static_cast<port_index>(ip)).raw();
    }
    for (const auto& each : keys_of_one_bucket(_table, 20)) {
        _table.erase(each);
        expected.erase(each.raw());
    }
    std::map<std::uint64_t, std::uint32_t> seen;
    _table.for_each([&](forwarding_key key, forwarding_value value) {
        EXPECT_TRUE(seen.emplace(key.raw(), value.raw()).second);
    });
    EXPECT_EQ(seen, expected);
}

/// Regular keys must spread as random ones do: the table keeps the size meant for their number.
TEST(forwarding_table_spread, regular_macs_do_not_pile_up) {
    struct pattern {
        const char* name;
        std::function<std::uint64_t(std::uint64_t)> key;
    };
    constexpr std::uint64_t overlay = std::uint64_t{1} << 48;
    const std::vector<pattern> patterns{
        {"addresses in order",
         [](std::uint64_t i) { return docker_key(1, static_cast<std::uint32_t>(i)).raw(); }},
        {"first wire bytes", [](std::uint64_t i) { return overlay | i; }},
        {"last wire bytes", [](std::uint64_t i) { return overlay | i << 32; }},
        {"every 16th", [](std::uint64_t i) { return overlay | i << 4; }},
        {"every 65536th", [](std::uint64_t i) { return overlay | i << 16; }},
        {"many overlays", [](std::uint64_t i) { return (1 + i % 256) << 48 | i / 256; }},
        {"bits at both ends", [](std::uint64_t i) { return overlay | (i & 0xff) | (i >> 8) << 40; }},
    };
    constexpr std::size_t count = 60'000;
    for (const pattern& each : patterns) {
        rcu_domain rcu(1);
        open_table table(rcu);
        for (std::uint64_t i = 1; i <= count; ++i)
            table.upsert(forwarding_key::from_raw(each.key(i)), forwarding_value::local(1));
        EXPECT_EQ(table.array().log2(), open_table::array_type::log2_for(table.size())) << each.name;
        EXPECT_GE(table.size(), count - 1) << each.name;
    }
}

}  // namespace
}  // namespace waggle
