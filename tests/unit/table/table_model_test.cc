#include <array>
#include <atomic>
#include <map>
#include <optional>
#include <sstream>
#include <thread>

#include "dataplane/table/forwarding_table.hh"
#include "dataplane/table/member_table.hh"
#include "dataplane/table/neighbour_table.hh"
#include "tests/unit/table/model_test.hh"

namespace waggle {
namespace {

// Key number n has, at any time, a value in which n can be read. Numbers with n % 8 == 0 are always in the
// table, numbers with n % 8 == 1 never, the rest come and go and change: a reader can tell what it must see.

constexpr std::uint32_t key_count = 4096;
constexpr bool always_there(std::uint32_t n) {
    return n % 8 == 0;
}
constexpr bool never_there(std::uint32_t n) {
    return n % 8 == 1;
}

/// 30 bits: key number and a version.
std::uint32_t value_of(std::uint32_t n, std::uint32_t version) {
    return n << 16 | (version & 0xffff);
}

std::string judge(std::uint32_t n, std::optional<std::uint32_t> value) {
    std::ostringstream wrong;
    if (value && never_there(n)) wrong << "key " << n << " was never there, yet has value " << *value;
    if (!value && always_there(n)) wrong << "key " << n << " is always there, yet was not found";
    if (value && *value >> 16 != n) wrong << "key " << n << " got the value of key " << (*value >> 16);
    return wrong.str();
}

/// The forwarding table, looked up in bulk and singly.
class forwarding_subject {
public:
    explicit forwarding_subject(rcu_domain& rcu) : _table(rcu) {}

    std::optional<std::uint32_t> upsert(std::uint32_t n, std::uint32_t value) {
        return plain(_table.upsert(key(n), forwarding_value::from_raw(1U << 31 | value)));
    }
    std::optional<std::uint32_t> erase(std::uint32_t n) { return plain(_table.erase(key(n))); }
    std::optional<std::uint32_t> find(std::uint32_t n) const { return plain(_table.find(key(n))); }
    std::size_t size() const { return _table.size(); }
    void reserve(std::size_t entries) { _table.reserve(entries); }
    template <typename Visit>
    void for_each(Visit visit) const {
        _table.for_each([&](forwarding_key key, forwarding_value value) {
            visit(static_cast<std::uint32_t>(key.mac().to_u64()), *plain(value));
        });
    }
    std::string look(random_source& random) const {
        std::array<forwarding_key, forwarding_table::bulk_capacity> keys;
        std::array<std::uint32_t, forwarding_table::bulk_capacity> numbers{};
        std::array<forwarding_value, forwarding_table::bulk_capacity> found;
        const auto count = static_cast<unsigned>(below(random, keys.size() + 1));
        for (unsigned i = 0; i < count; ++i) {
            numbers[i] = static_cast<std::uint32_t>(below(random, key_count));
            keys[i] = key(numbers[i]);
        }
        _table.find(keys.data(), count, found.data());
        for (unsigned i = 0; i < count; ++i) {
            const auto value = found[i].is_known() ? plain(found[i]) : std::nullopt;
            if (auto wrong = judge(numbers[i], value); !wrong.empty()) return "in bulk: " + wrong;
            if (auto wrong = judge(numbers[i], find(numbers[i])); !wrong.empty()) return wrong;
        }
        return {};
    }

private:
    static forwarding_key key(std::uint32_t n) { return forwarding_key::from(1, mac_address::from_u64(n)); }
    static std::optional<std::uint32_t> plain(std::optional<forwarding_value> value) {
        if (!value) return std::nullopt;
        return value->raw() & ~(1U << 31);
    }
    forwarding_table _table;
};

/// The neighbour table, IPv4 and IPv6 in several overlays.
class neighbour_subject {
public:
    explicit neighbour_subject(rcu_domain& rcu) : _table(rcu) {}

    std::optional<std::uint32_t> upsert(std::uint32_t n, std::uint32_t value) {
        return plain(_table.upsert(overlay(n), ip(n), mac_address::from_u64(value)));
    }
    std::optional<std::uint32_t> erase(std::uint32_t n) { return plain(_table.erase(overlay(n), ip(n))); }
    std::optional<std::uint32_t> find(std::uint32_t n) const { return plain(_table.find(overlay(n), ip(n))); }
    std::size_t size() const { return _table.size(); }
    void reserve(std::size_t entries) { _table.reserve(entries); }
    template <typename Visit>
    void for_each(Visit visit) const {
        _table.for_each([&](overlay_index, const ip_address&, const mac_address& mac) {
            visit(*plain(mac) >> 16, *plain(mac));
        });
    }
    std::string look(random_source& random) const {
        for (unsigned i = 0; i < 64; ++i) {
            const auto n = static_cast<std::uint32_t>(below(random, key_count));
            if (auto wrong = judge(n, find(n)); !wrong.empty()) return wrong;
        }
        return {};
    }

private:
    static overlay_index overlay(std::uint32_t n) { return static_cast<overlay_index>(1 + n % 3); }
    static ip_address ip(std::uint32_t n) {
        if (n % 2 == 0) return ip_address::from_v4(0x0a00'0000 + n / 3);
        std::array<std::uint8_t, 16> bytes{0xfd};
        bytes[7] = static_cast<std::uint8_t>(n);
        bytes[15] = static_cast<std::uint8_t>(n >> 8);
        return ip_address::load_v6(bytes.data());
    }
    static std::optional<std::uint32_t> plain(const std::optional<mac_address>& mac) {
        if (!mac) return std::nullopt;
        return static_cast<std::uint32_t>(mac->to_u64());
    }
    neighbour_table _table;
};

template <typename Subject>
class table_model : public testing::Test {};

using subjects = testing::Types<forwarding_subject, neighbour_subject>;
TYPED_TEST_SUITE(table_model, subjects);

template <typename Subject>
void expect_equal(const Subject& table, const std::map<std::uint32_t, std::uint32_t>& model) {
    std::map<std::uint32_t, std::uint32_t> seen;
    table.for_each([&](std::uint32_t n, std::uint32_t value) {
        EXPECT_TRUE(seen.emplace(n, value).second) << "key " << n << " visited twice";
    });
    EXPECT_EQ(seen, model);
    EXPECT_EQ(table.size(), model.size());
}

TYPED_TEST(table_model, random_changes_under_readers) {
    const std::uint64_t seed = model_seed();
    random_source random(seed);
    rcu_domain rcu(2);
    TypeParam table(rcu);
    std::map<std::uint32_t, std::uint32_t> model;
    for (std::uint32_t n = 0; n < key_count; n += 8) {
        table.upsert(n, value_of(n, 0));
        model[n] = value_of(n, 0);
    }
    readers running(rcu, 2, seed, [&table](random_source& own) { return table.look(own); });

    const auto former_of = [&model](std::uint32_t n) -> std::optional<std::uint32_t> {
        const auto found = model.find(n);
        return found == model.end() ? std::nullopt : std::optional(found->second);
    };
    constexpr std::uint32_t operations = 60'000;
    for (std::uint32_t op = 0; op < operations; ++op) {
        // The number of keys in play swells and shrinks, so that slots are given up, waited for and reused,
        // chains come and go, and the table grows under the readers.
        const std::uint64_t range = op % 20'000 < 10'000 ? key_count : key_count / 64;
        auto n = static_cast<std::uint32_t>(below(random, range));
        if (never_there(n)) ++n;
        if (always_there(n) || below(random, 100) < 55) {
            const std::uint32_t value = value_of(n, op);
            ASSERT_EQ(table.upsert(n, value), former_of(n)) << "key " << n << ", operation " << op;
            model[n] = value;
        } else {
            ASSERT_EQ(table.erase(n), former_of(n)) << "key " << n << ", operation " << op;
            model.erase(n);
        }
        ASSERT_EQ(table.find(n), former_of(n)) << "key " << n << ", operation " << op;
        if (op % 1000 == 0) running.let_run();
        if (op % 10'000 == 9999) expect_equal(table, model);
        rcu.reclaim();
    }
    // Rebuilds as fast as the writer can.
    for (std::size_t entries = 2 * key_count * 4; entries < 200'000; entries *= 2) {
        table.reserve(entries);
        running.let_run();
        rcu.reclaim();
    }
    expect_equal(table, model);
    EXPECT_GT(running.looks(), 0U);
}

TYPED_TEST(table_model, a_few_keys_that_come_and_go_at_once) {
    const std::uint64_t seed = model_seed();
    random_source random(seed);
    rcu_domain rcu(2);
    TypeParam table(rcu);
    // All slots of a small table are in motion: what a reader has just matched is given up and wanted again.
    readers running(rcu, 2, seed, [&table](random_source& own) {
        for (unsigned i = 0; i < 200; ++i) {
            const auto n = static_cast<std::uint32_t>(2 + below(own, 6));
            if (auto wrong = judge(n, table.find(n)); !wrong.empty()) return wrong;
        }
        return std::string();
    });
    for (std::uint32_t op = 0; op < 60'000; ++op) {
        const auto n = static_cast<std::uint32_t>(2 + below(random, 6));
        if (below(random, 2) == 0)
            table.upsert(n, value_of(n, op));
        else
            table.erase(n);
        if (op % 500 == 0) running.let_run();
    }
    EXPECT_GT(running.looks(), 0U);
}

/// A reader waits for a key and must find its value with it, not what the slot held before. Its eagerness
/// meets the moment between the two stores of an insertion.
TYPED_TEST(table_model, a_value_comes_with_its_key) {
    rcu_domain rcu(1);
    TypeParam table(rcu);
    constexpr std::uint32_t rounds = 20'000;
    std::atomic<std::uint32_t> wanted{0};
    std::atomic<std::uint32_t> seen{0};
    std::atomic<bool> stop{false};
    std::thread reader([&] {
        rcu.enter(0);
        while (!stop.load(std::memory_order_relaxed)) {
            const std::uint32_t n = wanted.load(std::memory_order_acquire);
            if (n == seen.load(std::memory_order_relaxed)) {
                std::this_thread::yield();
            } else if (const auto value = table.find(n % 1000)) {
                if (*value != value_of(n % 1000, n)) {
                    ADD_FAILURE() << "round " << n << ": value " << *value;
                    stop.store(true);
                }
                seen.store(n, std::memory_order_release);
            }
            rcu.quiescent(0);
        }
        rcu.leave(0);
    });
    for (std::uint32_t n = 1; n <= rounds && !stop.load(); ++n) {
        wanted.store(n, std::memory_order_release);
        table.upsert(n % 1000, value_of(n % 1000, n));
        while (seen.load(std::memory_order_acquire) != n && !stop.load()) std::this_thread::yield();
        table.erase(n % 1000);
    }
    stop.store(true);
    reader.join();
}

}  // namespace
}  // namespace waggle
