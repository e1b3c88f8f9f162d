#include "control/gossip/node/remembered_hosts.hh"

#include <algorithm>

#include <gtest/gtest.h>

#include "control/gossip/core/random.hh"

namespace waggle::gossip {
namespace {

ip_endpoint host(std::uint32_t number) {
    return {ip_address::from_v4(0x0a00'0000U + number), 7946};
}

using hosts = std::vector<ip_endpoint>;

TEST(remembered_hosts, has_present_ones_first) {
    remembered_hosts memory({host(1), host(2), host(1)}, 4);
    EXPECT_EQ(memory.list(), (hosts{host(1), host(2)}));
    memory.came(host(2));
    memory.came(host(3));
    EXPECT_EQ(memory.list(), (hosts{host(2), host(3), host(1)}));
    memory.fell_silent(host(2));
    EXPECT_EQ(memory.list(), (hosts{host(3), host(2), host(1)}));
    memory.left(host(3));
    memory.left(host(1));
    EXPECT_EQ(memory.list(), hosts{host(2)});
}

TEST(remembered_hosts, gives_up_silent_ones_for_present_ones) {
    remembered_hosts memory({host(1), host(2), host(3)}, 2);
    EXPECT_EQ(memory.list(), (hosts{host(1), host(2)}));
    memory.came(host(4));
    EXPECT_EQ(memory.list(), (hosts{host(4), host(1)}));
    memory.came(host(5));
    memory.came(host(6));
    EXPECT_EQ(memory.list(), (hosts{host(4), host(5)})) << "no present one for another";
}

TEST(remembered_hosts, wants_more_when_few_are_left) {
    remembered_hosts memory({}, 8);
    EXPECT_TRUE(memory.wants_more(5));
    for (std::uint32_t i = 0; i < 4; ++i) memory.came(host(i));
    EXPECT_FALSE(memory.wants_more(100));
    memory.left(host(0));
    EXPECT_TRUE(memory.wants_more(100));
    EXPECT_FALSE(memory.wants_more(3)) << "all of them are remembered";
}

TEST(remembered_hosts, random_histories_keep_the_order_and_the_bound) {
    random_source random(7);
    remembered_hosts memory({}, 8);
    std::vector<bool> present(20);
    for (int step = 0; step < 20'000; ++step) {
        const auto number = static_cast<std::uint32_t>(random.below(20));
        switch (random.below(3)) {
            case 0:
                memory.came(host(number));
                present[number] = true;
                break;
            case 1:
                memory.fell_silent(host(number));
                present[number] = false;
                break;
            default:
                memory.left(host(number));
                present[number] = false;
        }
        const hosts& list = memory.list();
        ASSERT_LE(list.size(), 8U);
        hosts sorted = list;
        std::ranges::sort(sorted);
        ASSERT_TRUE(std::ranges::adjacent_find(sorted) == sorted.end());
        bool silent_before = false;
        for (const ip_endpoint& each : list) {
            const bool here = present[each.ip.v4() & 0xff];
            ASSERT_FALSE(here && silent_before);
            silent_before = !here;
        }
    }
}

}  // namespace
}  // namespace waggle::gossip
