#include "control/overlay/name_table.hh"

#include <map>
#include <random>

#include <gtest/gtest.h>

namespace waggle::control {
namespace {

struct known_name {
    std::string owner;
    networkdb::lamport_time time = 0;
    networkdb::endpoint_record record;
    std::optional<moment> lingers_until;
};

/// Against std::map, at random.
TEST(name_table, does_what_a_map_does) {
    constexpr unsigned seed = 22;
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const auto below = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
    std::map<std::string, known_name> model;
    name_table table;
    moment now{std::chrono::hours(1)};
    for (int step = 0; step < 6'000; ++step) {
        now += std::chrono::milliseconds(below(100));
        table.end_lingering(now);
        std::erase_if(model, [&](const auto& each) {
            return each.second.lingers_until && *each.second.lingers_until <= now;
        });
        std::string key = std::to_string(below(200));
        key.insert(0, below(2) == 0 ? "key" : std::string(64 - key.size(), 'a'));
        const told_name* found = table.find(key);
        ASSERT_EQ(found != nullptr, model.contains(key));
        const unsigned what = below(4);
        if (found != nullptr && what == 0) {
            table.linger(*found, now + std::chrono::seconds(1));
            model[key].lingers_until = now + std::chrono::seconds(1);
        } else if (found != nullptr) {
            table.erase(*found);
            model.erase(key);
        }
        if (what > 1) {
            networkdb::endpoint_record record;
            record.name = "name" + std::to_string(below(1'000));
            record.address = ip_address::from_v4(0x0a00'0000 + below(60));
            record.aliases.resize(below(3), "alias");
            const std::string owner = "node" + std::to_string(below(4));
            const auto time = static_cast<networkdb::lamport_time>(step);
            table.add(key, owner, time, networkdb::encode(record));
            model[key] = {owner, time, record, std::nullopt};
        }
        ASSERT_EQ(table.size(), model.size());
        if (step % 100 != 0) continue;
        for (const auto& [each, expected] : model) {
            const told_name* one = table.find(each);
            ASSERT_NE(one, nullptr);
            EXPECT_EQ(one->key(), each);
            EXPECT_EQ(one->owner(), expected.owner);
            EXPECT_EQ(one->time(), expected.time);
            EXPECT_EQ(one->record(), expected.record);
            EXPECT_EQ(one->lingers(), expected.lingers_until.has_value());
        }
    }
}

}  // namespace
}  // namespace waggle::control
