#include "common/dense_map.hh"

#include <map>
#include <memory>
#include <random>
#include <string>
#include <unordered_map>

#include <gtest/gtest.h>

namespace waggle {
namespace {

/// Few hashes, so that things meet on the way.
struct poor_hash {
    std::size_t operator()(std::uint32_t key) const { return key % 7; }
};

template <typename Hash>
void compare_with_model(unsigned seed, std::uint32_t keys, int steps) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    std::unordered_map<std::uint32_t, std::string> model;
    dense_map<std::uint32_t, std::string, Hash> map;
    for (int step = 0; step < steps; ++step) {
        const auto key = static_cast<std::uint32_t>(random() % keys);
        const std::string value = std::to_string(step);
        // Waves, so that it grows and shrinks.
        const bool shrinking = step / static_cast<int>(keys) % 2 == 1;
        switch (random() % 4 + (shrinking ? 2 : 0)) {
            case 0:
                ASSERT_EQ(map.try_emplace(key, value).second, model.try_emplace(key, value).second);
                break;
            case 1:
            case 2:
                ASSERT_EQ(map.insert_or_assign(key, value).second, model.insert_or_assign(key, value).second);
                break;
            default:
                ASSERT_EQ(map.erase(key), model.erase(key));
        }
        ASSERT_EQ(map.size(), model.size());
        const auto found = map.find(key);
        ASSERT_EQ(found != map.end(), model.contains(key));
        if (found != map.end()) {
            ASSERT_EQ(found->second, model.at(key));
        }
        if (step % 500 != 0) continue;
        ASSERT_EQ((std::unordered_map<std::uint32_t, std::string>(map.begin(), map.end())), model);
        for (const auto& [each, text] : model) ASSERT_EQ(map.at(each), text);
    }
}

TEST(dense_map, does_what_an_unordered_map_does) {
    compare_with_model<std::hash<std::uint32_t>>(1, 300, 40'000);
    compare_with_model<std::hash<std::uint32_t>>(2, 5'000, 100'000);
    compare_with_model<poor_hash>(3, 100, 20'000);
}

TEST(dense_map, does_not_move_what_stays) {
    dense_map<int, int> map;
    std::map<int, const int*> places;
    for (int i = 0; i < 1'000; ++i) places[i] = &map.try_emplace(i, i).first->second;
    for (int i = 0; i < 1'000; i += 2) map.erase(i);
    for (int i = 1'000; i < 5'000; ++i) map.try_emplace(i, i);
    for (int i = 1; i < 1'000; i += 2) EXPECT_EQ(&map.find(i)->second, places[i]);
}

TEST(dense_map, a_walk_over_changes_meets_what_stays_once) {
    dense_map<int, int> map;
    for (int i = 0; i < 500; ++i) map.try_emplace(i, 0);
    std::map<int, int> met;
    for (std::size_t bucket = 0; bucket < map.bucket_count(); ++bucket) {
        for (auto at = map.begin(bucket); at != map.end(bucket); ++at) ++met[at->first];
        const int one = static_cast<int>(bucket);
        map.erase(one % 100);
        map.try_emplace(one % 3'000 + 500, 0);
        map.erase(one % 3'000 + 400);
    }
    for (int i = 100; i < 400; ++i) EXPECT_EQ(met[i], 1) << i;
}

TEST(dense_map, is_copied_moved_and_compared) {
    dense_map<int, std::string> map;
    for (int i = 0; i < 200; ++i) map.try_emplace(i, std::to_string(i));
    for (int i = 0; i < 150; ++i) map.erase(i);
    dense_map<int, std::string> copy = map;
    EXPECT_EQ(copy, map);
    copy.insert_or_assign(170, "other");
    EXPECT_FALSE(copy == map);
    dense_map<int, std::string> moved = std::move(map);
    EXPECT_EQ(moved.size(), 50U);
    EXPECT_EQ(moved.at(170), "170");
    map = {};
    EXPECT_TRUE(map.empty());
    map[3] = "three";
    EXPECT_EQ(map.at(3), "three");
    EXPECT_EQ(erase_if(moved, [](const auto& each) { return each.first % 2 == 0; }), 25U);
    EXPECT_FALSE(moved.contains(160));
    EXPECT_TRUE(moved.contains(161));
}

TEST(dense_map, destroys_what_it_holds_once) {
    auto counted = std::make_shared<int>(0);
    {
        dense_map<int, std::shared_ptr<int>> map;
        for (int i = 0; i < 100; ++i) map.try_emplace(i, counted);
        map.erase(5);
        dense_map<int, std::shared_ptr<int>> copy = map;
        EXPECT_EQ(counted.use_count(), 1 + 99 + 99);
        map.clear();
        EXPECT_EQ(counted.use_count(), 1 + 99);
        map.try_emplace(1, counted);
    }
    EXPECT_EQ(counted.use_count(), 1);
}

TEST(hash_index, finds_each_of_several_with_one_hash) {
    std::mt19937 random(4);
    std::multimap<std::size_t, std::uint32_t> model;
    hash_index<std::uint32_t> index;
    for (std::uint32_t number = 0; number < 20'000; ++number) {
        const std::size_t hash = random() % 500;
        index.insert(hash, number);
        model.emplace(hash, number);
        if (random() % 3 == 0 || model.size() > 2'000) {
            const auto gone = model.lower_bound(random() % 400);
            if (gone == model.end()) continue;
            index.erase(gone->first, gone->second);
            model.erase(gone);
        }
        ASSERT_EQ(index.size(), model.size());
    }
    for (const auto& [hash, number] : model) {
        const auto* found = index.find(hash, [wanted = number](std::uint32_t one) { return one == wanted; });
        ASSERT_NE(found, nullptr);
        EXPECT_EQ(*found, number);
    }
    std::size_t met = 0;
    for (std::size_t hash = 0; hash < 500; ++hash)
        index.find(hash, [&](std::uint32_t) {
            ++met;
            return false;
        });
    EXPECT_GE(met, model.size());
    EXPECT_EQ(index.find(10'000'000, [](std::uint32_t) { return false; }), nullptr);
}

TEST(hash_index, takes_little_memory) {
    hash_index<std::uint32_t> index;
    for (std::uint32_t i = 0; i < 1'000'000; ++i) {
        index.insert(i, i);
        if (i > 1'000) {
            ASSERT_LE(index.memory(), index.size() * 14);
        }
    }
    for (std::uint32_t i = 0; i < 999'000; ++i) index.erase(i, i);
    EXPECT_LE(index.memory(), index.size() * 40);
}

}  // namespace
}  // namespace waggle
