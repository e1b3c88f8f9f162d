#include "dataplane/worker/worker.hh"

#include <chrono>

#include <rte_mbuf.h>

#include "tests/unit/worker/lab_host.hh"

namespace waggle {
namespace {

mac_address mac(const char* text) {
    return mac_address::parse(text).value();
}
ip_address ip(const char* text) {
    return ip_address::parse(text).value();
}

/// Two hosts over a veth pair, one container each: 10.0.0.1 here, 10.0.0.2 there.
class worker_test : public port_test {
protected:
    void connect(const lab_host::settings& here_settings, const lab_host::settings& there_settings) {
        here = std::make_unique<lab_host>(_link.here, with_vtep(here_settings, "192.0.2.1"), pools());
        there = std::make_unique<lab_host>(_link.there, with_vtep(there_settings, "192.0.2.2"), pools());
        here->open_underlay({"up", config::packet_underlay{"v0"}});
        there->open_underlay({"up", config::packet_underlay{"v1"}});
        tap_here = here->open_tap(_container_here);
        tap_there = there->open_tap(_container_there);
        dress(_container_here, "02:42:0a:00:00:01", "10.0.0.1");
        dress(_container_there, "02:42:0a:00:00:02", "10.0.0.2");
        here->add_local(tap_here, mac("02:42:0a:00:00:01"), ip("10.0.0.1"));
        there->add_local(tap_there, mac("02:42:0a:00:00:02"), ip("10.0.0.2"));
        here->add_remote(ip("192.0.2.2"), mac(veth_pair::there_mac), mac(veth_pair::here_mac),
                         mac("02:42:0a:00:00:02"), ip("10.0.0.2"));
        there->add_remote(ip("192.0.2.1"), mac(veth_pair::here_mac), mac(veth_pair::there_mac),
                          mac("02:42:0a:00:00:01"), ip("10.0.0.1"));
    }
    static void dress(const lab_namespace& container, const char* address, const char* ip_text) {
        container.run("ip link set wtap0 address " + std::string(address) + "; ip addr add " + ip_text +
                      "/24 dev wtap0");
    }
    /// "N received" of ping's summary.
    unsigned ping(const std::string& options) {
        const std::string text = _container_here.output("ping -q " + options + " 10.0.0.2");
        const std::size_t at = text.find(" received");
        if (at == std::string::npos) return 0;
        return static_cast<unsigned>(std::stoul(text.substr(text.rfind(' ', at - 1))));
    }

    veth_pair _link;
    lab_namespace _container_here;
    lab_namespace _container_there;
    std::unique_ptr<lab_host> here;
    std::unique_ptr<lab_host> there;
    port_index tap_here = 0;
    port_index tap_there = 0;

private:
    static lab_host::settings with_vtep(lab_host::settings settings, const char* address) {
        settings.vtep = ip(address);
        return settings;
    }
};

TEST_F(worker_test, carries_frames_between_two_hosts) {
    connect({}, {});
    EXPECT_EQ(ping("-c 20 -i 0.02 -W 2"), 20U);
    EXPECT_EQ(ping("-c 5 -i 0.02 -W 2 -s 1400 -M do"), 5U);
    EXPECT_GE(here->writer.counters(here->overlay, 0).encapsulated_packets, 25U);
    EXPECT_GE(here->writer.counters(here->overlay, 0).decapsulated_packets, 25U);
}

TEST_F(worker_test, listens_on_another_udp_port_while_it_runs) {
    connect({.udp_port = 8472}, {.udp_port = 4789});
    EXPECT_EQ(ping("-c 2 -i 0.02 -W 1"), 0U);
    ASSERT_TRUE(there->set_udp_port(8472).ok());
    ASSERT_TRUE(here->set_udp_port(4789).ok());
    EXPECT_EQ(ping("-c 20 -i 0.02 -W 2"), 20U);
    // A port that another uses is not taken, and all stays as it was.
    _link.there.run(
        "ip link add vx0 type vxlan id 7 dstport 8473 dev v1 remote 192.0.2.1; ip link set vx0 up");
    const result<void> taken = there->set_udp_port(8473);
    ASSERT_FALSE(taken.ok());
    EXPECT_NE(taken.failure().message.find("UDP 192.0.2.2:8473 is taken"), std::string::npos)
        << taken.failure().message;
    EXPECT_EQ(ping("-c 20 -i 0.02 -W 2"), 20U);
}

TEST_F(worker_test, busy_workers_and_several_of_them_carry_frames_too) {
    connect({.workers = 2}, {.workers = 2, .idle = config::idle_mode::busy});
    EXPECT_EQ(ping("-c 20 -i 0.02 -W 5"), 20U);
}

TEST_F(worker_test, hands_frames_over_to_the_owner_of_the_only_queue) {
    _container_here.run("ip tuntap add dev wtap0 mode tap vnet_hdr");
    connect({.workers = 2}, {});
    ASSERT_EQ(here->directory.find(tap_here)->transmit_queues, 1U);
    ASSERT_EQ(here->directory.find(tap_here)->handovers.size(), 1U);
    EXPECT_EQ(ping("-c 2 -i 0.01 -W 5"), 2U);
    // Many flows, so that both workers decapsulate.
    _container_there.run(
        "python3 -c \"import socket\nfor i in range(64):\n s = socket.socket(socket.AF_INET, "
        "socket.SOCK_DGRAM); s.sendto(b'x', ('10.0.0.1', 9))\"");
    std::uint64_t by_worker[2] = {0, 0};
    for (int i = 0; i < 200 && by_worker[0] + by_worker[1] < 66; ++i) {
        for (unsigned w = 0; w < 2; ++w)
            by_worker[w] = here->writer.counters(here->overlay, w).decapsulated_packets;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_GT(by_worker[0], 0U);
    EXPECT_GT(by_worker[1], 0U);
    std::uint64_t sent = 0;
    for (int i = 0; i < 200 && sent < 66; ++i) {
        sent = here->ports->list()[1].sent_packets;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_GE(sent, 66U);
    EXPECT_EQ(here->dropped(drop_reason::port_full), 0U);
}

TEST_F(worker_test, sleeps_without_traffic_and_wakes_for_a_frame) {
    connect({}, {});
    EXPECT_EQ(ping("-c 2 -i 0.01 -W 2"), 2U);
    const worker_statistics& counted = here->workers[0]->statistics();
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    const std::uint64_t rounds = counted.rounds.read();
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    EXPECT_LT(counted.rounds.read() - rounds, 100U);
    EXPECT_GT(counted.sleeps.read(), 0U);
    EXPECT_EQ(ping("-c 2 -i 0.01 -W 2"), 2U);
}

TEST_F(worker_test, busy_workers_never_sleep) {
    connect({.idle = config::idle_mode::busy}, {});
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    EXPECT_EQ(here->workers[0]->statistics().sleeps.read(), 0U);
    EXPECT_GT(here->workers[0]->statistics().rounds.read(), 1000U);
}

TEST_F(worker_test, ports_come_and_go_under_traffic_without_loss) {
    connect({.workers = 2}, {});
    std::atomic<bool> over{false};
    unsigned received = 0;
    std::thread pinging([&] {
        received = ping("-c 200 -i 0.005 -W 5");
        over = true;
    });
    unsigned changes = 0;
    const lab_namespace other;
    while (!over) {
        const port_index port = here->open_tap(other, "blue");
        here->writer.commit();
        // Its interface sends something of its own, too.
        other.run(
            "ip link set wtap0 address 02:42:0a:00:00:77; ip addr add 10.0.0.77/24 dev wtap0; "
            "ping -q -c 2 -i 0.002 -W 0.001 10.0.0.1 > /dev/null || true");
        here->ports->close(port);
        here->writer.commit();
        ++changes;
    }
    pinging.join();
    EXPECT_EQ(received, 200U);
    EXPECT_GT(changes, 3U);
}

TEST_F(worker_test, counts_frames_for_a_port_that_is_gone) {
    connect({}, {});
    here->ports->close(tap_here);
    here->settle();
    _container_there.run("ping -q -c 3 -i 0.01 -W 0.1 10.0.0.1 > /dev/null || true");
    for (int i = 0; i < 100 && here->dropped(drop_reason::port_gone) < 3; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_EQ(here->dropped(drop_reason::port_gone), 3U);
}

TEST_F(worker_test, counts_frames_that_the_kernel_refuses_to_send) {
    connect({}, {});
    EXPECT_EQ(ping("-c 2 -i 0.01 -W 2 -s 1400 -M do"), 2U);
    // The tables still say 1500: what the link no longer takes is refused frame by frame.
    _link.here.run("ip link set v0 mtu 1000");
    EXPECT_EQ(ping("-c 3 -i 0.01 -W 0.2 -s 1400 -M do"), 0U);
    EXPECT_EQ(here->dropped(drop_reason::send_refused), 3U);
    EXPECT_EQ(ping("-c 2 -i 0.01 -W 2 -s 500"), 2U);
    EXPECT_EQ(here->dropped(drop_reason::send_refused), 3U);
}

TEST_F(worker_test, opens_an_interface_again_right_after_it_was_closed) {
    connect({}, {});
    port_index extra = here->open_tap(_link.there, "green");
    for (int i = 0; i < 5; ++i) {
        here->ports->close(extra);
        extra = here->open_tap(_link.there, "green");
        EXPECT_NE(_link.there.output("ip link show wtap0"), "");
    }
    here->ports->close(extra);
    here->settle();
    EXPECT_EQ(_link.there.output("ip link show wtap0 2>/dev/null"), "");
}

TEST_F(worker_test, reports_ports) {
    connect({}, {});
    EXPECT_EQ(ping("-c 2 -i 0.01 -W 2"), 2U);
    const std::vector<api::port_report> all = here->ports->list();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].name, "up");
    EXPECT_EQ(all[0].kind, "packet");
    EXPECT_EQ(all[0].role, api::port_role::underlay);
    EXPECT_FALSE(all[0].overlay.has_value());
    EXPECT_TRUE(all[0].up);
    EXPECT_EQ(all[0].mtu, 1500);
    EXPECT_GE(all[0].sent_packets, 2U);
    EXPECT_EQ(all[1].name, "red");
    EXPECT_EQ(all[1].kind, "tap");
    EXPECT_EQ(all[1].role, api::port_role::access);
    EXPECT_EQ(all[1].overlay, vni::from(7));
    EXPECT_EQ(all[1].mtu, 1450);
    EXPECT_FALSE(here->ports->underlay("red").has_value());
}

TEST_F(worker_test, tells_of_links_that_go_and_come) {
    connect({}, {});
    const auto visit = expect_ok(namespace_visit::enter(_link.here.path()));
    EXPECT_TRUE(here->ports->check().empty());
    _link.here.run("ip link set v0 down");
    const std::vector<api::event> gone = here->ports->check();
    ASSERT_EQ(gone.size(), 1U);
    EXPECT_EQ(gone[0], (api::event{api::event::kind::port_down, "up"}));
    EXPECT_TRUE(here->ports->check().empty());
}

}  // namespace
}  // namespace waggle
