#include "control/agent/swarm_report.hh"

#include <gtest/gtest.h>

namespace waggle::control {
namespace {

using namespace std::chrono_literals;
using moment = std::chrono::steady_clock::time_point;

TEST(traffic_rates, are_those_of_the_last_ten_seconds) {
    traffic_rates rates;
    gossip_view view;
    rates.fill(view);
    EXPECT_EQ(view.packets_received_rate, 0);
    // 100 packets a second for a minute, then 10.
    std::uint64_t packets = 0;
    for (int second = 0; second <= 60; ++second) {
        rates.add({packets, 0, packets * 50, 0}, moment(std::chrono::seconds(second)));
        packets += 100;
    }
    rates.fill(view);
    EXPECT_DOUBLE_EQ(view.packets_received_rate, 100);
    EXPECT_DOUBLE_EQ(view.bytes_received_rate, 5000);
    EXPECT_EQ(view.packets_sent_rate, 0);
    packets -= 90;
    for (int second = 61; second <= 80; ++second) {
        rates.add({packets, 0, packets * 50, 0}, moment(std::chrono::seconds(second)));
        packets += 10;
    }
    rates.fill(view);
    EXPECT_DOUBLE_EQ(view.packets_received_rate, 10);
}

TEST(swarm_report, names_every_counter_once) {
    swarm_report report;
    report.membership.malformed = 2;
    report.tables.undecodable = 5;
    gossip::transport_counters wire;
    wire.wrong_key = 7;
    wire.malformed = 1;
    gossip_view view;
    fill_counters(report, wire, 4, view);
    EXPECT_EQ(view.counters.at("wrong_key"), 7U);
    EXPECT_EQ(view.counters.at("malformed"), 3U);
    EXPECT_EQ(view.counters.at("undecodable"), 5U);
    EXPECT_EQ(view.counters.at("records_refused"), 4U);
    EXPECT_EQ(view.counters.size(), 30U);
    for (const std::string& each : view.refusals) EXPECT_TRUE(view.counters.contains(each)) << each;
}

}  // namespace
}  // namespace waggle::control
