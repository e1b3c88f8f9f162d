#include "common/few_map.hh"

#include <map>
#include <random>

#include <gtest/gtest.h>

namespace waggle {
namespace {

TEST(few_map, keeps_few_and_many_as_a_map_does_in_their_order) {
    std::mt19937 random(5);
    few_map<unsigned, unsigned> map;
    for (const unsigned keys : {5U, 12U, 13U, 1'000U, 3U}) {
        map.clear();
        EXPECT_TRUE(map.empty());
        std::map<unsigned, unsigned> model;
        std::vector<unsigned> order;
        for (unsigned step = 0; step < 3 * keys; ++step) {
            const auto key = static_cast<unsigned>(random() % keys);
            const auto [value, added] = map.try_emplace(key, step);
            ASSERT_EQ(added, model.try_emplace(key, step).second);
            ASSERT_EQ(*value, model.at(key));
            if (added) order.push_back(key);
            ASSERT_EQ(map.size(), order.size());
            const auto other = static_cast<unsigned>(random() % keys);
            ASSERT_EQ(map.contains(other), model.contains(other));
        }
        for (std::size_t i = 0; i < order.size(); ++i) {
            EXPECT_EQ(map[i].first, order[i]);
            EXPECT_EQ(*map.find(order[i]), model.at(order[i]));
        }
    }
}

}  // namespace
}  // namespace waggle
