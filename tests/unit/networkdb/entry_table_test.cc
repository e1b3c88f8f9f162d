#include "control/gossip/networkdb/entry_table.hh"

#include <map>
#include <random>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "control/gossip/networkdb/roster.hh"

namespace waggle::networkdb {
namespace {

using gossip::time_point;

/// Against std::map, at random: contents, owners' lists and the order of forgetting.
TEST(entry_table, does_what_a_map_does) {
    constexpr unsigned seed = 11;
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    struct known {
        std::string value;
        std::size_t owner = 0;
        time_point forget_at = gossip::never;
    };
    std::map<std::pair<std::string, std::string>, known> model;
    entry_table table;
    node owners[3];
    owned_entries lists[3];
    for (int step = 0; step < 20'000; ++step) {
        std::string key = std::to_string(random() % 100);
        key.insert(0, random() % 2 == 0 ? "key" : std::string(64 - key.size(), 'f'));
        const std::string in = random() % 2 == 0 ? "t" : "another";
        auto old = model.find({in, key});
        entry* found = table.find(in, key);
        ASSERT_EQ(found != nullptr, old != model.end());
        if (random() % 3 == 0) {
            if (found == nullptr) continue;
            table.erase(found, lists[old->second.owner]);
            model.erase(old);
            continue;
        }
        std::size_t owner = random() % 3;
        // Short ones stand in the entry, longer ones are shared.
        std::string value(random() % 128, static_cast<char>('a' + random() % 26));
        time_point forget = random() % 2 == 0 ? gossip::never : time_point(gossip::duration(random() % 100));
        table.put({in, key, value, &owners[owner], static_cast<lamport_time>(step), false, forget},
                  lists[owner], old != model.end() ? &lists[old->second.owner] : nullptr);
        model[{in, key}] = {value, owner, forget};
        if (step % 100 != 0) continue;
        ASSERT_EQ(table.size(), model.size());
        table.for_each([&](const entry& each) {
            const known& expected = model.at({std::string(each.table()), each.key()});
            EXPECT_EQ(each.value(), expected.value);
            EXPECT_EQ(each.owner(), &owners[expected.owner]);
            EXPECT_EQ(each.forget_at(), expected.forget_at);
        });
        time_point first = gossip::never;
        std::multiset<std::size_t> counted;
        for (const auto& [name, each] : model) first = std::min(first, each.forget_at);
        const entry* next = table.next_to_forget();
        ASSERT_EQ(next != nullptr, first != gossip::never);
        if (next != nullptr) {
            EXPECT_EQ(next->forget_at(), first);
        }
        std::size_t listed = 0;
        for (const owned_entries& list : lists)
            for (const entry* each = list.first; each != nullptr; each = each->next_of_owner()) ++listed;
        EXPECT_EQ(listed, model.size());
    }
}

TEST(entry_table, replaces_an_entry_by_parts_of_itself) {
    for (const std::string& value : {std::string("value"), std::string(300, 'v')}) {
        entry_table table;
        node owner;
        owned_entries list;
        entry* first = table.put({"t", "k", value, &owner, 1}, list, nullptr);
        entry* second =
            table.put({first->table(), first->key(), first->value(), &owner, 2, true}, list, &list);
        EXPECT_EQ(second->value(), value);
        EXPECT_EQ(table.size(), 1U);
        EXPECT_EQ(list.first, second);
        EXPECT_EQ(second->next_of_owner(), nullptr);
    }
}

// Who was told of a long value and keeps it takes no memory for it, even once the entry is told anew.
TEST(entry_table, shares_long_values) {
    entry_table table;
    node owner;
    owned_entries list;
    const std::string value(115, 'v');
    entry* one = table.put({"t", "k", value, &owner, 1}, list, nullptr);
    const std::size_t memory = table.memory();
    const shared_text kept = one->value_to_keep();
    EXPECT_EQ(kept.view(), value);
    EXPECT_TRUE(kept.is_same_as(one->value_to_keep()));
    one = table.put({"t", "k", value, &owner, 2}, list, &list);
    EXPECT_TRUE(kept.is_same_as(one->value_to_keep()));
    one = table.put({"t", "k", value + "!", &owner, 3}, list, &list);
    EXPECT_EQ(kept.view(), value);
    EXPECT_EQ(one->value(), value + "!");
    EXPECT_EQ(table.memory(), memory + 1);
    table.erase(one, list);
    EXPECT_EQ(kept.view(), value);
    EXPECT_LT(table.memory(), memory - value.size());
}

TEST(entry_table, keeps_an_entry_in_under_180_bytes) {
    entry_table table;
    node owner;
    owned_entries list;
    for (int i = 0; i < 100'000; ++i) {
        std::string key = std::to_string(i);
        key.insert(0, 64 - key.size(), '0');
        table.put({"overlay_peer_table", key, std::string(45, 'v'), &owner, 1}, list, nullptr);
    }
    EXPECT_LT(table.memory() / table.size(), 180U);
    EXPECT_GT(table.memory() / table.size(), 150U);
}

}  // namespace
}  // namespace waggle::networkdb
