#include "control/cli/status_text.hh"

#include <gtest/gtest.h>

#include "control/cli/report_items.hh"

namespace waggle::cli {
namespace {

using nlohmann::json;

json control_status() {
    return json::parse(R"({"node": "alpha", "uptime_seconds": 3700, "version": "0.1.0",
        "dataplane": {"connected": true, "generation": 17, "acknowledged": 17}, "overlays": 2,
        "endpoints_local": 3, "endpoints_failed": 0, "peers": 2, "peers_reachable": 2, "healthy": true,
        "problems": []})");
}

json dataplane_status() {
    api::status_report status;
    status.node = "alpha";
    status.version = "0.1.0";
    status.uptime_seconds = 3800;
    status.workers = {{0, 1, 0.004}, {1, 3, 0.5}};
    status.buffers_in_use = 512;
    status.buffers_total = 65536;
    status.memory_used = 100U << 20U;
    status.memory_total = 256U << 20U;
    status.forwarding = 5;
    status.neighbours = 4;
    status.vteps = 2;
    return status_object(status);
}

TEST(status_text, healthy_host) {
    EXPECT_EQ(status_text(control_status(), dataplane_status(), 100),
              "alpha: healthy\n"
              "  control     version 0.1.0, up 1h 1m\n"
              "  state       in force, generation 17\n"
              "  overlays    2\n"
              "  endpoints   3 here\n"
              "  peers       2 of 2 reachable\n"
              "  dataplane   version 0.1.0, up 1h 3m\n"
              "  worker 0    CPU 1, 0 % busy\n"
              "  worker 1    CPU 3, 50 % busy\n"
              "  buffers     512 of 65536 in use\n"
              "  memory      100.0 MiB of 256.0 MiB, no hugepages\n"
              "  tables      5 forwarding entries, 4 neighbours, 2 VTEPs\n");
}

TEST(status_text, host_with_problems) {
    json control = control_status();
    control["healthy"] = false;
    control["endpoints_failed"] = 1;
    control["peers_reachable"] = 1;
    control["dataplane"]["acknowledged"] = 16;
    control["problems"] = {"peer 'beta' has no route", "endpoint 'web' failed\n for a reason of many words"};
    json dataplane = dataplane_status();
    dataplane["hugepages"] = true;
    const std::string text = status_text(control, dataplane, 40);
    EXPECT_TRUE(text.starts_with("alpha: not healthy\n")) << text;
    EXPECT_NE(text.find("  state       generation 16 in force, 17 on its way\n"), std::string::npos) << text;
    EXPECT_NE(text.find("  endpoints   3 here, 1 failed\n"), std::string::npos) << text;
    EXPECT_NE(text.find("  peers       1 of 2 reachable\n"), std::string::npos) << text;
    EXPECT_NE(text.find("MiB, hugepages\n"), std::string::npos) << text;
    EXPECT_TRUE(
        text.ends_with("  problem     peer 'beta' has no route\n"
                       "  problem     endpoint 'web' failed? for\n"
                       "              a reason of many words\n"))
        << text;
}

TEST(status_text, without_the_dataplane) {
    json control = control_status();
    control["dataplane"]["connected"] = false;
    const std::string text = status_text(control, json(), 100);
    EXPECT_TRUE(text.starts_with("alpha: waggle-dataplane is not running\n")) << text;
    EXPECT_NE(text.find("  state       control is not connected to the dataplane\n"), std::string::npos)
        << text;
    EXPECT_EQ(text.find("worker"), std::string::npos) << text;
}

TEST(status_text, without_control) {
    const std::string text = status_text(json(), dataplane_status(), 100);
    EXPECT_TRUE(text.starts_with("alpha: waggle-control is not running\n  dataplane   version 0.1.0"))
        << text;
}

TEST(status_text, documents_with_parts_missing) {
    EXPECT_TRUE(status_text(json::object(), json::object(), 100).starts_with("-: not healthy\n"));
}

}  // namespace
}  // namespace waggle::cli
