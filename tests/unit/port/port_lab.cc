#include "tests/unit/port/port_lab.hh"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdexcept>
#include <thread>

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <rte_eal.h>
#include <rte_mbuf.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "common/ip_address.hh"
#include "common/mac_address.hh"
#include "dataplane/port/network_namespace.hh"

namespace waggle {
namespace {

using clock = std::chrono::steady_clock;

void put16(std::vector<std::uint8_t>& to, std::size_t value) {
    to.push_back(static_cast<std::uint8_t>(value >> 8));
    to.push_back(static_cast<std::uint8_t>(value));
}

void put(std::vector<std::uint8_t>& to, std::span<const std::uint8_t> bytes) {
    to.insert(to.end(), bytes.begin(), bytes.end());
}

void put_ethernet(std::vector<std::uint8_t>& to, const std::string& destination, std::uint16_t type) {
    put(to, mac_address::parse(destination).value().bytes());
    put(to, mac_address::from_u64(0x0242'0000'0001).bytes());
    put16(to, type);
}

void put_udp(std::vector<std::uint8_t>& to, std::uint16_t port, std::size_t payload) {
    put16(to, 50000);
    put16(to, port);
    put16(to, 8 + payload);
    put16(to, 0);
    for (std::size_t i = 0; i < payload; ++i) to.push_back(static_cast<std::uint8_t>(i));
}

}  // namespace

lab_namespace::lab_namespace() {
    std::thread([this] {
        if (::unshare(CLONE_NEWNET) == 0)
            _file = file_descriptor(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    }).join();
    if (!_file) throw std::runtime_error("cannot make a network namespace");
    run("ip link set lo up");
}

std::string lab_namespace::path() const {
    return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(_file.get());
}

void lab_namespace::run(const std::string& commands) const {
    const auto visit = expect_ok(namespace_visit::enter(path()));
    const int status = std::system(("set -e; " + commands).c_str());  // NOLINT(concurrency-mt-unsafe)
    ASSERT_EQ(status, 0) << commands;
}

std::string lab_namespace::output(const std::string& command) const {
    const auto visit = expect_ok(namespace_visit::enter(path()));
    FILE* pipe = ::popen(command.c_str(), "r");
    std::string text;
    for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) text.push_back(static_cast<char>(c));
    ::pclose(pipe);
    return text;
}

void lab_namespace::wait_until_up(const std::string& interface) const {
    const auto deadline = clock::now() + std::chrono::seconds(20);
    // The state is told by a request that takes the lock under which the queue is activated.
    while (output("ip -o link show dev " + interface).find(" state UP ") == std::string::npos) {
        ASSERT_LT(clock::now(), deadline) << interface << " did not come up";
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
}

lab_sniffer::lab_sniffer(const lab_namespace& where, const std::string& interface) {
    const auto visit = expect_ok(namespace_visit::enter(where.path()));
    _socket = file_descriptor(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
    sockaddr_ll place{};
    place.sll_family = AF_PACKET;
    place.sll_protocol = htons(ETH_P_ALL);
    place.sll_ifindex = static_cast<int>(::if_nametoindex(interface.c_str()));
    if (::bind(_socket.get(), reinterpret_cast<const sockaddr*>(&place), sizeof place) != 0)
        throw std::runtime_error("cannot listen on " + interface);
}

void lab_sniffer::send(const std::vector<std::uint8_t>& frame) const {
    ASSERT_EQ(::send(_socket.get(), frame.data(), frame.size(), 0), static_cast<ssize_t>(frame.size()));
}

std::vector<std::uint8_t> lab_sniffer::receive(bool (*wanted)(const std::vector<std::uint8_t>&),
                                               std::chrono::seconds patience) const {
    const auto deadline = clock::now() + patience;
    while (clock::now() < deadline) {
        pollfd event{_socket.get(), POLLIN, 0};
        if (::poll(&event, 1, 100) <= 0) continue;
        std::vector<std::uint8_t> frame(70000);
        sockaddr_ll from{};
        socklen_t length = sizeof from;
        const ssize_t got = ::recvfrom(_socket.get(), frame.data(), frame.size(), 0,
                                       reinterpret_cast<sockaddr*>(&from), &length);
        if (got <= 0 || from.sll_pkttype == PACKET_OUTGOING) continue;
        frame.resize(static_cast<std::size_t>(got));
        if (wanted(frame)) return frame;
    }
    return {};
}

void port_test::SetUp() {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root: makes network interfaces";
    if (::access("/dev/net/tun", R_OK | W_OK) != 0) GTEST_SKIP() << "needs /dev/net/tun";
    (void)pools();
}

packet_pools& port_test::pools() {
    static packet_pools made = [] {
        std::string prefix = "--file-prefix=waggle_test_" + std::to_string(::getpid());
        std::vector<std::string> words{"test", "--no-huge", "--no-shconf",    "-m",
                                       "200",  "--no-pci",  "--no-telemetry", "--log-level=lib.eal:error",
                                       prefix};
        std::vector<char*> arguments;
        for (std::string& word : words) arguments.push_back(word.data());
        if (rte_eal_init(static_cast<int>(arguments.size()), arguments.data()) < 0)
            throw std::runtime_error("cannot start EAL");
        return expect_ok(make_packet_pools(
            {.memory_megabytes = 128, .underlay_mtu = 1500, .workers = 2, .hugepages = false}));
    }();
    return made;
}

std::vector<rte_mbuf*> port_test::receive(port& from, unsigned count, unsigned queue) {
    std::vector<rte_mbuf*> packets;
    const auto deadline = clock::now() + std::chrono::seconds(20);
    while (packets.size() < count && clock::now() < deadline) {
        rte_mbuf* burst[32];
        const received got = from.receive(queue, burst, 32);
        packets.insert(packets.end(), burst, burst + got.count);
        if (got.count == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return packets;
}

rte_mbuf* port_test::make_packet(const std::vector<std::uint8_t>& bytes) {
    rte_mbuf* packet = rte_pktmbuf_alloc(bytes.size() > 1900 ? pools().large : pools().packet);
    char* place = rte_pktmbuf_append(packet, static_cast<std::uint16_t>(bytes.size()));
    std::memcpy(place, bytes.data(), bytes.size());
    return packet;
}

std::vector<std::uint8_t> port_test::bytes_of(const rte_mbuf* packet) {
    const auto* data = rte_pktmbuf_mtod(packet, const std::uint8_t*);
    return {data, data + packet->data_len};
}

std::vector<std::uint8_t> udp_v4_frame(const std::string& destination_mac, const std::string& source,
                                       const std::string& destination, std::uint16_t port,
                                       std::size_t payload) {
    std::vector<std::uint8_t> frame;
    put_ethernet(frame, destination_mac, ETH_P_IP);
    std::vector<std::uint8_t> header{0x45, 0};
    put16(header, 28 + payload);
    for (const int byte : {0, 0, 0, 0, 64, 17, 0, 0}) header.push_back(static_cast<std::uint8_t>(byte));
    put(header, ip_address::parse(source).value().wire_bytes());
    put(header, ip_address::parse(destination).value().wire_bytes());
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < header.size(); i += 2) sum += header[i] * 256U + header[i + 1];
    sum = (sum & 0xffff) + (sum >> 16);
    header[10] = static_cast<std::uint8_t>(~sum >> 8);
    header[11] = static_cast<std::uint8_t>(~sum);
    put(frame, header);
    put_udp(frame, port, payload);
    return frame;
}

std::vector<std::uint8_t> udp_v6_frame(const std::string& destination_mac, const std::string& source,
                                       const std::string& destination, std::uint16_t port,
                                       std::size_t payload) {
    std::vector<std::uint8_t> frame;
    put_ethernet(frame, destination_mac, ETH_P_IPV6);
    for (const int byte : {0x60, 0, 0, 0}) frame.push_back(static_cast<std::uint8_t>(byte));
    put16(frame, 8 + payload);
    frame.push_back(17);
    frame.push_back(64);
    put(frame, ip_address::parse(source).value().wire_bytes());
    put(frame, ip_address::parse(destination).value().wire_bytes());
    put_udp(frame, port, payload);
    return frame;
}

}  // namespace waggle
