#include "dataplane/port/packet_port.hh"

#include <array>
#include <chrono>
#include <optional>
#include <set>
#include <thread>

#include <netinet/in.h>
#include <rte_mbuf.h>
#include <sys/socket.h>

#include "dataplane/packet/packet_offload.hh"
#include "dataplane/port/network_namespace.hh"
#include "dataplane/port/udp_guard.hh"
#include "tests/unit/port/old_kernel.hh"
#include "tests/unit/port/veth_pair.hh"

namespace waggle {
namespace {

const vxlan_filter_options ours{
    .vtep_v4 = ip_address::parse("192.0.2.1"), .vtep_v6 = std::nullopt, .udp_port = 4789};

bool is_icmp(const std::vector<std::uint8_t>& frame) {
    return frame.size() > 34 && frame[12] == 0x08 && frame[13] == 0 && frame[23] == 1;
}

class packet_port_test : public port_test {
protected:
    std::unique_ptr<packet_port> open(unsigned queues = 1) {
        const auto visit = expect_ok(namespace_visit::enter(_link.here.path()));
        return expect_ok(packet_port::open("up", "v0", queues, ours, pools()));
    }
    bool check(packet_port& port) {
        const auto visit = expect_ok(namespace_visit::enter(_link.here.path()));
        return port.check();
    }
    std::vector<std::uint8_t> vxlan_frame(std::size_t payload = 60) const {
        return udp_v4_frame(veth_pair::here_mac, "192.0.2.2", "192.0.2.1", 4789, payload);
    }
    veth_pair _link;
};

TEST_F(packet_port_test, sends_frames_as_they_are) {
    const auto port = open();
    const lab_sniffer peer(_link.there, "v1");
    const auto sent = udp_v4_frame(veth_pair::there_mac, "192.0.2.1", "192.0.2.2", 4789, 300);
    std::vector<rte_mbuf*> packets;
    for (int i = 0; i < 40; ++i) packets.push_back(make_packet(sent));
    const transmitted done = port->transmit(0, packets.data(), 40);
    EXPECT_EQ(done.taken, 40U);
    EXPECT_EQ(done.refused, 0U);
    for (int i = 0; i < 40; ++i)
        EXPECT_EQ(peer.receive([](const auto& frame) { return frame.size() == 342; }), sent);
    EXPECT_EQ(port->statistics().sent_packets, 40U);
    EXPECT_EQ(port->statistics().sent_bytes, 40U * 342);
    // Its own frames do not come back.
    rte_mbuf* got[4];
    EXPECT_EQ(port->receive(0, got, 4).count, 0U);
}

/// Sizes of the datagrams that a socket on UDP port 4789 of the peer gets, in order.
class datagram_sink {
public:
    explicit datagram_sink(const veth_pair& link) {
        const auto visit = expect_ok(namespace_visit::enter(link.there.path()));
        _socket = file_descriptor(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        sockaddr_in place{};
        place.sin_family = AF_INET;
        place.sin_port = htons(4789);
        EXPECT_EQ(::bind(_socket.get(), reinterpret_cast<const sockaddr*>(&place), sizeof place), 0);
        const timeval patience{.tv_sec = 20, .tv_usec = 0};
        ::setsockopt(_socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    }
    std::vector<ssize_t> receive(std::size_t count) const {
        std::vector<ssize_t> sizes;
        std::vector<std::uint8_t> buffer(65536);
        while (sizes.size() < count) {
            sizes.push_back(::recv(_socket.get(), buffer.data(), buffer.size(), 0));
            if (sizes.back() < 0) break;
        }
        return sizes;
    }

private:
    file_descriptor _socket;
};

std::vector<std::uint8_t> numbered(std::vector<std::uint8_t> frame, std::uint16_t id) {
    // The header's checksum goes down as the id goes up.
    frame[18] = static_cast<std::uint8_t>(id >> 8);
    frame[19] = static_cast<std::uint8_t>(id);
    const unsigned sum = (frame[24] << 8 | frame[25]) + 0xffffU - id;
    const unsigned folded = (sum & 0xffff) + (sum >> 16);
    frame[24] = static_cast<std::uint8_t>(folded >> 8);
    frame[25] = static_cast<std::uint8_t>(folded);
    return frame;
}

/// Three datagrams of a flow that differ from a fourth, in a port's burst.
std::vector<rte_mbuf*> flow_and_stranger(rte_mbuf* (*make)(const std::vector<std::uint8_t>&)) {
    const auto frame = [](std::size_t size, std::uint16_t id) {
        return numbered(udp_v4_frame(veth_pair::there_mac, "192.0.2.1", "192.0.2.2", 4789, size), id);
    };
    return {make(frame(1400, 1)), make(frame(1400, 2)), make(frame(900, 3)), make(frame(1000, 77))};
}

TEST_F(packet_port_test, sends_datagrams_of_a_flow_in_one_piece) {
    const auto port = open();
    const datagram_sink sink(_link);
    const lab_sniffer peer(_link.there, "v1");
    std::vector<rte_mbuf*> packets = flow_and_stranger(make_packet);
    EXPECT_EQ(port->transmit(0, packets.data(), 4).taken, 4U);
    // A veth does not cut; the receiving kernel does so for the socket.
    EXPECT_EQ(peer.receive([](const auto& frame) { return frame.size() > 1000; }).size(), 42U + 3700);
    EXPECT_EQ(sink.receive(4), (std::vector<ssize_t>{1400, 1400, 900, 1000}));
    EXPECT_EQ(port->statistics().sent_packets, 4U);
    EXPECT_EQ(port->statistics().sent_bytes, 4700U + 4 * 42);
    EXPECT_EQ(port->statistics().joined_packets, 3U);
    EXPECT_EQ(port->news(), std::nullopt);
}

TEST_F(packet_port_test, sends_one_by_one_where_the_kernel_takes_no_segmentation) {
    const auto port = open();
    const datagram_sink sink(_link);
    kernel_is_old = true;
    for (int round = 0; round < 2; ++round) {
        std::vector<rte_mbuf*> packets = flow_and_stranger(make_packet);
        const transmitted done = port->transmit(0, packets.data(), 4);
        EXPECT_EQ(done.taken, 4U);
        EXPECT_EQ(done.refused, 0U);
        EXPECT_EQ(sink.receive(4), (std::vector<ssize_t>{1400, 1400, 900, 1000}));
    }
    kernel_is_old = false;
    EXPECT_EQ(port->statistics().sent_packets, 8U);
    EXPECT_EQ(port->statistics().joined_packets, 0U);
    EXPECT_EQ(port->statistics().send_errors, 0U);
    const std::optional<std::string> news = port->news();
    ASSERT_TRUE(news);
    EXPECT_NE(news->find("v0: this kernel takes no UDP segmentation"), std::string::npos) << *news;
    EXPECT_EQ(port->news(), std::nullopt);
}

TEST_F(packet_port_test, joins_again_after_an_error_that_passed) {
    const auto port = open();
    const datagram_sink sink(_link);
    const auto send = [&] {
        std::vector<rte_mbuf*> packets = flow_and_stranger(make_packet);
        const transmitted done = port->transmit(0, packets.data(), 4);
        EXPECT_EQ(done.taken, 4U);
        EXPECT_EQ(done.refused, 0U);
        EXPECT_EQ(sink.receive(4), (std::vector<ssize_t>{1400, 1400, 900, 1000}));
    };
    send();
    EXPECT_EQ(port->statistics().joined_packets, 3U);
    kernel_is_old = true;
    send();
    kernel_is_old = false;
    const std::optional<std::string> news = port->news();
    ASSERT_TRUE(news);
    EXPECT_NE(news->find("v0: the kernel refused several datagrams in one piece (Invalid argument)"),
              std::string::npos)
        << *news;
    send();
    EXPECT_EQ(port->statistics().joined_packets, 3U) << "not at once";
    for (unsigned second = 0; second < joining::first_pause; ++second) check(*port);
    send();
    EXPECT_EQ(port->statistics().joined_packets, 6U);
    EXPECT_EQ(port->news(), std::nullopt);
}

TEST_F(packet_port_test, never_joins_frames_above_the_mtu) {
    const auto port = open();
    const auto frame = [](std::uint16_t id) {
        return numbered(udp_v4_frame(veth_pair::there_mac, "192.0.2.1", "192.0.2.2", 4789, 1800), id);
    };
    rte_mbuf* packets[] = {make_packet(frame(1)), make_packet(frame(2)), make_packet(frame(3))};
    const transmitted done = port->transmit(0, packets, 3);
    EXPECT_EQ(done.taken, 3U);
    EXPECT_EQ(done.refused, 3U);
    EXPECT_EQ(port->statistics().send_errors, 3U);
}

TEST_F(packet_port_test, goes_on_after_a_frame_that_the_kernel_refuses) {
    const auto port = open();
    const auto good = udp_v4_frame(veth_pair::there_mac, "192.0.2.1", "192.0.2.2", 4789, 300);
    const auto too_long = udp_v4_frame(veth_pair::there_mac, "192.0.2.1", "192.0.2.2", 4789, 1800);
    rte_mbuf* packets[4] = {make_packet(good), make_packet(too_long), make_packet(good), make_packet(good)};
    const transmitted done = port->transmit(0, packets, 4);
    EXPECT_EQ(done.taken, 4U);
    EXPECT_EQ(done.refused, 1U);
    EXPECT_EQ(port->statistics().sent_packets, 3U);
    EXPECT_EQ(port->statistics().send_errors, 1U);
}

TEST_F(packet_port_test, receives_a_frame_of_64_kilobytes_whole) {
    const auto port = open();
    // The kernel's own vxlan device sends inner GSO frames whole over veth, with the checksum left open.
    _link.there.run(
        "ip link add vx0 type vxlan id 7 remote 192.0.2.1 local 192.0.2.2 dstport 4789 dev v1; "
        "ip addr add 10.0.0.2/24 dev vx0; ip link set vx0 up; "
        "ip neigh add 10.0.0.1 lladdr 02:42:0a:00:00:01 dev vx0");
    // A UDP segmentation request of 45,000 bytes.
    _link.there.run(
        "python3 -c \"import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
        "s.setsockopt(17, 103, 1000); s.sendto(bytes(45000), ('10.0.0.1', 7))\"");
    const auto got = receive(*port, 1);
    ASSERT_GE(got.size(), 1U);
    unsigned longest = 0;
    for (rte_mbuf* packet : got) {
        longest = std::max<unsigned>(longest, packet->data_len);
        if (packet->data_len > 40000) {
            ASSERT_TRUE(has_offload(packet));
            EXPECT_EQ(offload_of(packet).kind, segmentation::udp);
            EXPECT_EQ(offload_of(packet).segment_size, 1000);
            EXPECT_EQ(offload_of(packet).partial_checksum, 1);
            // Points at the inner UDP header: 50 bytes of tunnel, 34 of inner Ethernet and IPv4.
            EXPECT_EQ(offload_of(packet).checksum_start, 84);
            EXPECT_EQ(packet->pool, pools().large);
        }
        rte_pktmbuf_free(packet);
    }
    EXPECT_EQ(longest, 45000U + 50 + 42);
}

TEST_F(packet_port_test, gets_fragments_in_one_piece) {
    const auto port = open();
    _link.there.run(
        "python3 -c \"import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
        "s.sendto(bytes(4000), ('192.0.2.1', 4789))\"");
    const auto got = receive(*port, 1);
    ASSERT_EQ(got.size(), 1U);
    EXPECT_EQ(got[0]->data_len, 4042);
    rte_pktmbuf_free(got[0]);
}

TEST_F(packet_port_test, spreads_flows_over_queues_and_loses_none) {
    const auto port = open(2);
    ASSERT_EQ(port->receive_queues(), 2U);
    const lab_sniffer peer(_link.there, "v1");
    for (std::uint8_t flow = 0; flow < 64; ++flow) {
        auto sent = vxlan_frame();
        sent[35] = flow;
        peer.send(sent);
    }
    // A veth delivers before the sender's call returns or soon after.
    std::array<unsigned, 2> counts{};
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (counts[0] + counts[1] < 64 && std::chrono::steady_clock::now() < deadline) {
        for (unsigned queue = 0; queue < 2; ++queue) {
            rte_mbuf* burst[32];
            const unsigned count = port->receive(queue, burst, 32).count;
            counts[queue] += count;
            rte_pktmbuf_free_bulk(burst, count);
        }
    }
    EXPECT_GT(counts[0], 0U);
    EXPECT_GT(counts[1], 0U);
    EXPECT_EQ(counts[0] + counts[1], 64U);
}

TEST_F(packet_port_test, counts_what_the_kernel_had_no_room_for) {
    const auto port = open();
    const lab_sniffer peer(_link.there, "v1");
    for (int i = 0; i < 60000 && port->statistics().receive_errors == 0; ++i) {
        peer.send(vxlan_frame(1400));
        if (i % 1000 == 0) check(*port);
    }
    EXPECT_GT(port->statistics().receive_errors, 0U);
}

TEST_F(packet_port_test, goes_on_when_the_interface_was_down) {
    const auto port = open();
    EXPECT_TRUE(port->is_up());
    _link.here.run("ip link set v0 down");
    check(*port);
    EXPECT_FALSE(port->is_up());
    rte_mbuf* packet = make_packet(vxlan_frame());
    EXPECT_EQ(port->transmit(0, &packet, 1).taken, 0U);
    rte_pktmbuf_free(packet);
    rte_mbuf* none[4];
    EXPECT_EQ(port->receive(0, none, 4).count, 0U);
    _link.here.run("ip link set v0 up");
    // The kernel tells of the carrier a little later.
    for (int i = 0; i < 2000 && !port->is_up(); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        check(*port);
    }
    EXPECT_TRUE(port->is_up());
    _link.there.wait_until_up("v1");
    const lab_sniffer peer(_link.there, "v1");
    peer.send(vxlan_frame());
    const auto got = receive(*port, 1);
    EXPECT_EQ(got.size(), 1U);
    for (rte_mbuf* one : got) rte_pktmbuf_free(one);
}

TEST_F(packet_port_test, finds_the_interface_again_when_it_was_replaced) {
    const auto port = open(2);
    const int descriptor = port->event_descriptor(0);
    _link.here.run("ip link del v0");
    EXPECT_FALSE(check(*port));
    EXPECT_FALSE(port->is_up());
    _link.connect();
    EXPECT_TRUE(check(*port));
    EXPECT_EQ(port->event_descriptor(0), descriptor);
    EXPECT_TRUE(port->is_up());
    const lab_sniffer peer(_link.there, "v1");
    peer.send(vxlan_frame());
    rte_mbuf* got[4];
    unsigned count = 0;
    for (int i = 0; i < 20000 && count == 0; ++i) {
        count = port->receive(0, got, 4).count;
        if (count == 0) count = port->receive(1, got, 4).count;
        if (count == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    ASSERT_EQ(count, 1U);
    rte_pktmbuf_free(got[0]);
}

TEST_F(packet_port_test, reports_an_interface_that_is_not_there) {
    const auto visit = expect_ok(namespace_visit::enter(_link.here.path()));
    const auto failed = packet_port::open("up", "eth7", 1, ours, pools());
    ASSERT_FALSE(failed.ok());
    EXPECT_NE(failed.failure().message.find("eth7: there is no such interface"), std::string::npos);
}

TEST_F(packet_port_test, guard_keeps_the_kernel_from_answering) {
    const lab_sniffer peer(_link.there, "v1");
    peer.send(vxlan_frame());
    EXPECT_FALSE(peer.receive(is_icmp).empty()) << "the kernel should answer without a guard";
    const auto visit = expect_ok(namespace_visit::enter(_link.here.path()));
    const auto guard = expect_ok(udp_guard::open(ours.vtep_v4, ip_address::parse("2001:db8::1"), 4789));
    peer.send(vxlan_frame());
    EXPECT_TRUE(peer.receive(is_icmp, std::chrono::seconds(2)).empty());
}

/// A counter of all UDP sockets of a namespace, by the name that nstat gives it.
unsigned long udp_counter(const lab_namespace& where, const std::string& name) {
    const std::string text = where.output("nstat -asz --json " + name);
    const std::size_t at = text.find("\"" + name + "\":");
    if (at == std::string::npos) throw std::runtime_error("nstat knows no " + name);
    return std::stoul(text.substr(at + name.size() + 3));
}

TEST_F(packet_port_test, guard_takes_a_piece_of_several_datagrams_as_one) {
    const auto port = open();
    std::optional<udp_guard> guard;
    std::unique_ptr<packet_port> peer;
    {
        const auto visit = expect_ok(namespace_visit::enter(_link.here.path()));
        guard = expect_ok(udp_guard::open(ours.vtep_v4, ip_address::parse("2001:db8::1"), 4789));
    }
    {
        const auto visit = expect_ok(namespace_visit::enter(_link.there.path()));
        peer = expect_ok(packet_port::open(
            "peer", "v1", 1,
            {.vtep_v4 = ip_address::parse("192.0.2.2"), .vtep_v6 = ip_address::parse("2001:db8::2")},
            pools()));
    }
    std::vector<rte_mbuf*> v4;
    std::vector<rte_mbuf*> v6;
    for (std::uint16_t id = 1; id <= 5; ++id) {
        v4.push_back(make_packet(numbered(vxlan_frame(500), id)));
        v6.push_back(make_packet(udp_v6_frame(veth_pair::here_mac, "2001:db8::2", "2001:db8::1", 4789, 500)));
    }
    EXPECT_EQ(peer->transmit(0, v4.data(), 5).taken, 5U);
    EXPECT_EQ(peer->transmit(0, v6.data(), 5).taken, 5U);
    EXPECT_EQ(peer->statistics().joined_packets, 10U);
    const auto got = receive(*port, 1);
    ASSERT_EQ(got.size(), 1U);
    EXPECT_EQ(got[0]->data_len, 42 + 5 * 500);
    ASSERT_TRUE(has_offload(got[0]));
    EXPECT_EQ(offload_of(got[0]).kind, segmentation::udp);
    EXPECT_EQ(offload_of(got[0]).segment_size, 500);
    rte_pktmbuf_free(got[0]);
    // Had the kernel cut them, it would count five each.
    for (int i = 0; i < 2000 && udp_counter(_link.here, "Udp6InErrors") == 0; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_EQ(udp_counter(_link.here, "UdpInErrors"), 1U);
    EXPECT_EQ(udp_counter(_link.here, "Udp6InErrors"), 1U);
}

TEST_F(packet_port_test, guard_reports_another_user_of_the_port) {
    _link.here.run(
        "ip link add vx0 type vxlan id 7 dstport 4789 dev v0 remote 192.0.2.2; ip link set vx0 up");
    const auto visit = expect_ok(namespace_visit::enter(_link.here.path()));
    const auto failed = udp_guard::open(ours.vtep_v4, std::nullopt, 4789);
    ASSERT_FALSE(failed.ok());
    EXPECT_NE(failed.failure().message.find("UDP 192.0.2.1:4789 is taken"), std::string::npos)
        << failed.failure().message;
    EXPECT_NE(failed.failure().message.find("vxlan"), std::string::npos);
    EXPECT_TRUE(udp_guard::open(ours.vtep_v4, std::nullopt, 4790).ok());
}

TEST_F(packet_port_test, guard_binds_an_address_that_comes_later) {
    const auto visit = expect_ok(namespace_visit::enter(_link.here.path()));
    EXPECT_TRUE(
        udp_guard::open(ip_address::parse("198.51.100.1"), ip_address::parse("2001:db8:1::1"), 4789).ok());
}

}  // namespace
}  // namespace waggle
