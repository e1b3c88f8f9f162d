#include "control/cli/report_items.hh"

#include <gtest/gtest.h>

#include "control/cli/counter_items.hh"
#include "control/cli/listing.hh"

namespace waggle::cli {
namespace {

using nlohmann::json;

vni id(std::uint32_t value) {
    return *vni::from(value);
}
mac_address mac(std::uint64_t value) {
    return mac_address::from_u64(value);
}
const overlay_names names{{id(100), "blue"}, {id(200), "red"}};

TEST(report_items, names) {
    EXPECT_EQ(names_of({{id(100), {"blue", 1450, false}}, {id(200), {"red", 1450, false}}}), names);
}

TEST(report_items, ports) {
    api::port_report access;
    access.name = "tap-blue";
    access.kind = "tap";
    access.overlay = id(100);
    access.mtu = 1450;
    access.up = true;
    access.received_packets = 10;
    access.received_bytes = 640;
    access.sent_packets = 5;
    access.sent_bytes = 320;
    api::port_report wan;
    wan.name = "wan";
    wan.kind = "packet";
    wan.role = api::port_role::underlay;
    wan.mtu = 1500;
    wan.receive_errors = 1;
    wan.send_errors = 2;
    api::port_report exception;
    exception.name = "wan0";
    exception.kind = "tap";
    exception.role = api::port_role::exception;
    const json items = port_items({exception, wan, access}, names);
    EXPECT_EQ(items[0],
              json::parse(R"({"name": "tap-blue", "kind": "tap", "role": "access", "overlay": "blue",
        "mtu": 1450, "state": "up", "received_packets": 10, "received_bytes": 640, "sent_packets": 5,
        "sent_bytes": 320, "receive_errors": 0, "send_errors": 0,
        "joined_packets": 0})"));
    EXPECT_EQ(items[1]["overlay"], json());
    EXPECT_EQ(items[1]["state"], "down");
    EXPECT_EQ(items[2]["role"], "exception");
    EXPECT_EQ(render(ports_listing(), items, 120),
              "NAME      KIND    ROLE       OVERLAY   MTU  STATE  RECEIVED  BYTES  SENT  BYTES  RX ERRORS  "
              "TX ERRORS\n"
              "tap-blue  tap     access     blue     1450  up           10    640     5    320          0    "
              "      0\n"
              "wan       packet  underlay   -        1500  down          0      0     0      0          1    "
              "      2\n"
              "wan0      tap     exception  -           0  down          0      0     0      0          0    "
              "      0\n");
}

TEST(report_items, forwarding_is_sorted_by_overlay_and_mac) {
    const json items = forwarding_items({{{id(200), mac(1)}, *ip_address::parse("2001:db8::2")},
                                         {{id(100), mac(2)}, std::string("tap-blue")},
                                         {{id(100), mac(1)}, *ip_address::parse("192.0.2.2")},
                                         {{id(300), mac(1)}, *ip_address::parse("192.0.2.2")}},
                                        names);
    EXPECT_EQ(render(fdb_listing(), items, 100),
              "OVERLAY  VNI  MAC                WHERE  TO\n"
              "blue     100  00:00:00:00:00:01  vtep   192.0.2.2\n"
              "blue     100  00:00:00:00:00:02  port   tap-blue\n"
              "red      200  00:00:00:00:00:01  vtep   2001:db8::2\n"
              "300      300  00:00:00:00:00:01  vtep   192.0.2.2\n");
}

TEST(report_items, neighbours_are_sorted_by_overlay_and_address) {
    const json items = neighbour_items({{{id(200), *ip_address::parse("10.1.0.2")}, mac(3)},
                                        {{id(100), *ip_address::parse("10.1.0.10")}, mac(2)},
                                        {{id(100), *ip_address::parse("10.1.0.9")}, mac(1)}},
                                       names);
    EXPECT_EQ(render(neighbours_listing(), items, 100),
              "OVERLAY  VNI  ADDRESS    MAC\n"
              "blue     100  10.1.0.9   00:00:00:00:00:01\n"
              "blue     100  10.1.0.10  00:00:00:00:00:02\n"
              "red      200  10.1.0.2   00:00:00:00:00:03\n");
}

api::counter_report counter(std::optional<vni> overlay, unsigned worker, const char* name, bool drop,
                            std::uint64_t value) {
    api::counter_report report;
    report.overlay = overlay;
    report.worker = worker;
    report.name = name;
    report.description = std::string("what ") + name + " means";
    report.drop = drop;
    report.value = value;
    return report;
}

const std::vector<api::counter_report> counters{
    counter(id(100), 0, "oversize", true, 3),
    counter(id(100), 1, "encapsulated_packets", false, 5),
    counter(id(100), 0, "encapsulated_packets", false, 7),
    counter({}, 0, "unknown_vni", true, 2),
    counter(id(300), 0, "broadcast", true, 1),
    counter(id(200), 0, "multicast", true, 0),
};

TEST(counter_items, workers_are_added_up_and_zeros_left_out) {
    EXPECT_EQ(render(counters_listing(false, false), counter_items(counters, names, false), 100),
              "OVERLAY  COUNTER               VALUE  DROP  MEANING\n"
              "-        unknown_vni               2  yes   what unknown_vni means\n"
              "blue     encapsulated_packets     12  no    what encapsulated_packets means\n"
              "blue     oversize                  3  yes   what oversize means\n"
              "300      broadcast                 1  yes   what broadcast means\n");
}

TEST(counter_items, workers_apart) {
    EXPECT_EQ(render(counters_listing(false, true), counter_items(counters, names, true), 46),
              "OVERLAY  WORKER  COUNTER               VALUE\n"
              "-             0  unknown_vni               2\n"
              "blue          0  encapsulated_packets      7\n"
              "blue          1  encapsulated_packets      5\n"
              "blue          0  oversize                  3\n"
              "300           0  broadcast                 1\n");
}

TEST(counter_items, as_json) {
    EXPECT_EQ(counter_items({counters[3]}, names, false),
              json::parse(R"([{"overlay": null, "vni": null, "counter": "unknown_vni", "drop": true,
                               "description": "what unknown_vni means", "value": 2}])"));
    EXPECT_EQ(
        counter_items({counters[0]}, names, true),
        json::parse(R"([{"overlay": "blue", "vni": 100, "counter": "oversize", "drop": true, "worker": 0,
                               "description": "what oversize means", "value": 3}])"));
}

TEST(moved_items, only_what_moved_with_its_rate) {
    const json before = counter_items(counters, names, false);
    auto later = counters;
    later[0].value += 5;
    later.push_back(counter(id(200), 1, "hairpin", true, 4));
    const json moved = moved_items(before, counter_items(later, names, false), 2.0);
    EXPECT_EQ(render(counters_listing(true, false), moved, 100),
              "OVERLAY  COUNTER   VALUE   RATE  DROP  MEANING\n"
              "blue     oversize      8  2.5/s  yes   what oversize means\n"
              "red      hairpin       4  2.0/s  yes   what hairpin means\n");
    EXPECT_EQ(moved[0]["since"], 5);
    EXPECT_EQ(moved_items(before, before, 1.0), json::array());
}

TEST(moved_items, a_dataplane_that_started_again_counts_from_zero) {
    auto later = counters;
    later[2].value = 1;
    later[1].value = 2;
    const json moved =
        moved_items(counter_items(counters, names, false), counter_items(later, names, false), 1.0);
    ASSERT_EQ(moved.size(), 1U);
    EXPECT_EQ(moved[0]["value"], 3);
    EXPECT_EQ(moved[0]["rate"], "3.0/s");
}

TEST(moved_items, an_overlay_that_got_another_name_is_the_same) {
    const json before = counter_items(counters, names, false);
    const json after = counter_items(counters, {{id(100), "navy"}, {id(200), "red"}}, false);
    EXPECT_EQ(moved_items(before, after, 1.0), json::array());
}

}  // namespace
}  // namespace waggle::cli
