#include "dataplane/port/ethdev_port.hh"

#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <spawn.h>
#include <thread>

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "dataplane/port/ethdev_device.hh"
#include "tests/unit/port/port_lab.hh"

namespace waggle {
namespace {

/// dpdk-testpmd as the peer of a port: sends everything back. Killed at the end.
class testpmd {
public:
    explicit testpmd(const std::string& vdev) {
        static unsigned started = 0;
        const std::string prefix =
            "--file-prefix=waggle_peer_" + std::to_string(::getpid()) + "_" + std::to_string(++started);
        // Both of its lcores where this test may run.
        const std::string cpu = std::to_string(::sched_getcpu());
        const std::string lcores = "0@" + cpu + ",1@" + cpu;
        std::vector<std::string> words{"dpdk-testpmd",
                                       "--no-huge",
                                       "--no-shconf",
                                       "-m",
                                       "256",
                                       "--no-pci",
                                       "--no-telemetry",
                                       prefix,
                                       "--lcores",
                                       lcores,
                                       "--vdev",
                                       vdev,
                                       "--",
                                       "--forward-mode=io",
                                       "-a",
                                       "--no-mlockall",
                                       "--total-num-mbufs=8192",
                                       "--stats-period=1000"};
        std::vector<char*> arguments;
        for (std::string& word : words) arguments.push_back(word.data());
        arguments.push_back(nullptr);
        posix_spawn_file_actions_t files;
        posix_spawn_file_actions_init(&files);
        for (const int fd : {0, 1, 2}) posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_RDWR, 0);
        if (::posix_spawnp(&_process, arguments[0], &files, nullptr, arguments.data(), environ) != 0)
            _process = -1;
        posix_spawn_file_actions_destroy(&files);
    }
    ~testpmd() { end(SIGKILL); }
    void end(int signal) {
        if (_process <= 0) return;
        ::kill(_process, signal);
        ::waitpid(_process, nullptr, 0);
        _process = -1;
    }

private:
    pid_t _process = -1;
};

class ethdev_port_test : public port_test {
protected:
    void SetUp() override {
        port_test::SetUp();
        if (IsSkipped()) return;
        _folder = "/tmp/waggle_ethdev_" + std::to_string(::getpid());
        ::mkdir(_folder.c_str(), 0700);
    }
    void TearDown() override {
        for (const char* name : {"/s", "/s.driver"}) ::unlink((_folder + name).c_str());
        ::rmdir(_folder.c_str());
    }
    std::string socket() const { return _folder + "/s"; }
    static std::unique_ptr<ethdev_port> open(const std::string& device, unsigned workers = 1) {
        return expect_ok(
            ethdev_port::open("vm", {.device = device, .workers = workers, .mtu = 1450}, pools()));
    }
    static bool has_testpmd() { return ::system("command -v dpdk-testpmd > /dev/null") == 0; }  // NOLINT
    static bool wait_for(const port& port, bool up) {
        for (int i = 0; i < 1500 && port.is_up() != up; ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        return port.is_up() == up;
    }
    /// Sends until something comes back.
    static bool echoes(ethdev_port& port) {
        const auto frame = udp_v4_frame("02:42:00:00:00:99", "10.0.0.1", "10.0.0.2", 7, 100);
        for (int i = 0; i < 500; ++i) {
            rte_mbuf* packet = make_packet(frame);
            if (port.transmit(0, &packet, 1).taken == 0) rte_pktmbuf_free(packet);
            rte_mbuf* got[32];
            const received burst = port.receive(0, got, 32);
            const bool same = burst.count != 0 && bytes_of(got[0]) == frame;
            rte_pktmbuf_free_bulk(got, burst.count);
            if (same) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        return false;
    }
    /// Bursts from another thread while clients come and are killed.
    void survives(ethdev_port& port, const std::string& vdev) {
        std::atomic<bool> over{false};
        std::atomic<std::uint64_t> returned{0};
        std::thread worker([&] {
            const auto frame = udp_v4_frame("02:42:00:00:00:99", "10.0.0.1", "10.0.0.2", 7, 100);
            while (!over) {
                rte_mbuf* burst[32];
                for (rte_mbuf*& packet : burst) packet = make_packet(frame);
                const transmitted sent = port.transmit(0, burst, 32);
                rte_pktmbuf_free_bulk(burst + sent.taken, 32 - sent.taken);
                const received got = port.receive(0, burst, 32);
                rte_pktmbuf_free_bulk(burst, got.count);
                returned += got.count;
                if (!port.is_up()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
            }
        });
        for (int i = 0; i < 4; ++i) {
            testpmd client(vdev);
            EXPECT_TRUE(wait_for(port, true));
            const std::uint64_t before = returned;
            for (int wait = 0; wait < 500 && returned < before + 1000; ++wait)
                std::this_thread::sleep_for(std::chrono::milliseconds(10));
            EXPECT_GE(returned, before + 1000);
            client.end(i % 2 == 0 ? SIGKILL : SIGTERM);
            EXPECT_TRUE(wait_for(port, false));
        }
        over = true;
        worker.join();
    }
    std::string _folder;
};

TEST_F(ethdev_port_test, opens_a_device_by_its_arguments_and_closes_it) {
    const auto port = open("net_null0,size=64", 2);
    EXPECT_STREQ(port->kind(), "ethdev");
    EXPECT_FALSE(port->takes_offloads());
    EXPECT_TRUE(port->is_up());
    EXPECT_EQ(port->mtu(), 1450);
    EXPECT_EQ(port->event_descriptor(0), -1);
    rte_mbuf* packets[32];
    const received got = port->receive(0, packets, 32);
    EXPECT_EQ(got.count, 32U);
    EXPECT_EQ(port->transmit(0, packets, 32).taken, 32U);
    EXPECT_EQ(port->statistics().received_packets, 32U);
    EXPECT_EQ(port->statistics().sent_bytes, 32U * 64);
}

TEST_F(ethdev_port_test, can_open_a_device_again) {
    for (int i = 0; i < 3; ++i) open("net_null0").reset();
    EXPECT_EQ(rte_eth_dev_count_avail(), 0);
}

TEST_F(ethdev_port_test, reports_what_cannot_be_opened) {
    const auto failure = [](const std::string& device) {
        auto opened = ethdev_port::open("vm", {.device = device}, pools());
        return opened ? "" : opened.failure().message;
    };
    EXPECT_NE(failure("net_nosuch0").find("net_nosuch0 can't be opened"), std::string::npos);
    const auto first = open("net_null0");
    EXPECT_NE(failure("net_null0").find("in use already"), std::string::npos);
    std::ofstream(socket()) << "a file";
    EXPECT_NE(failure("net_vhost0,iface=" + socket()).find("is no socket"), std::string::npos);
    EXPECT_NE(failure("net_memif0,role=client,socket=" + socket()).find("role=server"), std::string::npos);
    EXPECT_NE(failure("net_memif0,socket-abstract=yes,socket=x").find("socket=PATH"), std::string::npos);
}

TEST_F(ethdev_port_test, reports_that_dpdk_has_no_more_room) {
    std::vector<std::unique_ptr<ethdev_port>> all;
    for (unsigned i = 0; i < RTE_MAX_ETHPORTS; ++i) all.push_back(open("net_null" + std::to_string(i)));
    const auto failed = ethdev_port::open("vm", {.device = "net_null99"}, pools());
    ASSERT_FALSE(failed.ok());
    EXPECT_NE(failed.failure().message.find("room for 32 devices"), std::string::npos)
        << failed.failure().message;
}

TEST_F(ethdev_port_test, takes_the_place_of_a_socket_that_a_killed_process_left) {
    ::system(("python3 -c \"import socket; s = socket.socket(socket.AF_UNIX); s.bind('" +
              socket() +  // NOLINT
              "')\"")
                 .c_str());
    const auto port = open("net_vhost0,iface=" + socket());
    EXPECT_FALSE(port->is_up());
    EXPECT_NE(ethdev_port::open("other", {.device = "net_vhost1,iface=" + socket()}, pools())
                  .failure()
                  .message.find("is in use"),
              std::string::npos);
}

TEST_F(ethdev_port_test, vhost_user_clients_come_go_and_are_killed) {
    if (!has_testpmd()) GTEST_SKIP() << "needs dpdk-testpmd (package dpdk-dev)";
    std::atomic<unsigned> changes{0};
    const auto port = expect_ok(ethdev_port::open(
        "vm",
        {.device = "net_vhost0,iface=" + socket(), .mtu = 1450, .on_link_change = [&changes] { ++changes; }},
        pools()));
    const std::string vdev = "net_virtio_user0,path=" + socket() + ",mac=02:42:00:00:00:99";
    {
        const testpmd client(vdev);
        ASSERT_TRUE(wait_for(*port, true));
        EXPECT_TRUE(echoes(*port));
        EXPECT_GE(port->event_descriptor(0), 0);
    }
    EXPECT_TRUE(wait_for(*port, false));
    EXPECT_GE(changes, 2U);
    survives(*port, vdev);
}

TEST_F(ethdev_port_test, memif_clients_come_go_and_are_killed) {
    if (!has_testpmd()) GTEST_SKIP() << "needs dpdk-testpmd (package dpdk-dev)";
    const auto port = open("net_memif0,role=server,id=3,socket=" + socket());
    EXPECT_FALSE(port->is_up());
    const std::string vdev = "net_memif0,role=client,id=3,socket-abstract=no,socket=" + socket();
    {
        const testpmd client(vdev);
        ASSERT_TRUE(wait_for(*port, true));
        EXPECT_TRUE(echoes(*port));
    }
    EXPECT_TRUE(wait_for(*port, false));
    survives(*port, vdev);
}

TEST(device_arguments_test, takes_devices_apart) {
    device_arguments device = device_arguments::parse("net_vhost0,iface=/run/a.sock,queues=2");
    EXPECT_EQ(device.name, "net_vhost0");
    EXPECT_EQ(device.value("iface"), "/run/a.sock");
    EXPECT_EQ(device.value("queues"), "2");
    EXPECT_EQ(device.value("queue"), "");
    EXPECT_FALSE(device.is_pci());
    device.set("queues", "4");
    device.set("client", "0");
    EXPECT_EQ(device.to_string(), "net_vhost0,iface=/run/a.sock,queues=4,client=0");
    EXPECT_TRUE(device_arguments::parse("0000:03:00.0").is_pci());
    EXPECT_TRUE(device_arguments::parse("03:00.0,x=1").is_pci());
    EXPECT_EQ(device_arguments::parse("0000:03:00.0").to_string(), "0000:03:00.0");
}

}  // namespace
}  // namespace waggle
