#include "dataplane/pipeline/flow_spreader.hh"

#include <map>
#include <set>

#include <gtest/gtest.h>

namespace waggle::test {
namespace {

constexpr std::uint32_t self = 1;
constexpr std::uint32_t workers = 4;
constexpr std::uint64_t start = 1'000'000'000;

void put_under_load(flow_spreader& spreader) {
    for (unsigned i = 0; i < flow_spreader::loaded_at; ++i) spreader.see_burst(flow_spreader::large_burst);
}
void relieve(flow_spreader& spreader) {
    for (unsigned i = 0; i < 2 * flow_spreader::loaded_at; ++i) spreader.see_burst(1);
}
/// A flow that goes elsewhere under load.
std::uint16_t flow_for_others(flow_spreader& spreader) {
    for (std::uint16_t flow = 1; flow != 0; ++flow)
        if (spreader.worker_for(flow, start) != self) return flow;
    ADD_FAILURE() << "all flows stay";
    return 0;
}

TEST(flow_spreader, keeps_everything_while_there_is_time) {
    flow_spreader spreader(self, workers);
    for (unsigned burst = 0; burst < 1000; ++burst) {
        spreader.see_burst(burst % 2 == 0 ? flow_spreader::large_burst : flow_spreader::large_burst - 1);
        ASSERT_EQ(spreader.worker_for(static_cast<std::uint16_t>(burst), start + burst), self);
    }
}

TEST(flow_spreader, spreads_evenly_under_load) {
    flow_spreader spreader(self, workers);
    put_under_load(spreader);
    std::map<std::uint32_t, unsigned> flows;
    // The range that a kernel takes its source ports from.
    for (std::uint16_t flow = 32768; flow < 61000; ++flow) ++flows[spreader.worker_for(flow, start)];
    ASSERT_EQ(flows.size(), workers);
    for (const auto& [worker, count] : flows) {
        EXPECT_LT(worker, workers);
        EXPECT_NEAR(count, (61000 - 32768) / workers, 1000) << "worker " << worker;
    }
}

TEST(flow_spreader, a_flow_stays_with_one_worker) {
    flow_spreader spreader(self, workers);
    put_under_load(spreader);
    const std::uint16_t flow = flow_for_others(spreader);
    std::set<std::uint32_t> seen;
    for (std::uint64_t now = start; now < start + 100 * flow_spreader::pause; now += flow_spreader::pause / 2)
        seen.insert(spreader.worker_for(flow, now));
    EXPECT_EQ(seen.size(), 1U);
}

TEST(flow_spreader, a_flow_comes_back_only_after_a_pause) {
    flow_spreader spreader(self, workers);
    put_under_load(spreader);
    const std::uint16_t flow = flow_for_others(spreader);
    relieve(spreader);
    std::uint64_t now = start;
    for (unsigned packet = 0; packet < 100; ++packet) {
        now += flow_spreader::pause - 1;
        ASSERT_NE(spreader.worker_for(flow, now), self) << "overtakes what was handed over before";
    }
    EXPECT_EQ(spreader.worker_for(flow, now + flow_spreader::pause), self);
    EXPECT_EQ(spreader.worker_for(flow, now + flow_spreader::pause + 1), self);
}

TEST(flow_spreader, an_only_worker_keeps_everything) {
    flow_spreader spreader;
    put_under_load(spreader);
    for (std::uint16_t flow = 1; flow != 0; ++flow) ASSERT_EQ(spreader.worker_for(flow, start), 0U);
}

}  // namespace
}  // namespace waggle::test
