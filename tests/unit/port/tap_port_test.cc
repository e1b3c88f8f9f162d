#include "dataplane/port/tap_port.hh"

#include <rte_mbuf.h>

#include "dataplane/packet/packet_offload.hh"
#include "dataplane/packet/virtio_net_header.hh"
#include "dataplane/segment/merge.hh"
#include "tests/unit/port/port_lab.hh"
#include "tests/unit/segment/gso_frame.hh"

namespace waggle {
namespace {

class tap_port_test : public port_test {
protected:
    tap_options options(unsigned queues = 1) const {
        return {.interface = "wtap0", .network_namespace = _place.path(), .mtu = 1450, .queues = queues};
    }
    std::unique_ptr<tap_port> open(const tap_options& wanted) {
        return expect_ok(tap_port::open("red", wanted, pools()));
    }
    lab_namespace _place;
};

TEST_F(tap_port_test, makes_a_quiet_interface_in_the_given_namespace) {
    const auto tap = open(options());
    const std::string link = _place.output("ip -d link show wtap0");
    EXPECT_NE(link.find("mtu 1450"), std::string::npos) << link;
    EXPECT_NE(link.find("LOWER_UP"), std::string::npos) << link;
    EXPECT_NE(link.find("persist on"), std::string::npos) << link;
    EXPECT_EQ(_place.output("ip -6 addr show dev wtap0"), "");
    // Nothing of the host's own came meanwhile.
    rte_mbuf* packets[8];
    EXPECT_EQ(tap->receive(0, packets, 8).count, 0U);
    EXPECT_TRUE(tap->is_up());
    EXPECT_EQ(tap->mtu(), 1450);
}

TEST_F(tap_port_test, removes_the_interface) {
    open(options()).reset();
    EXPECT_EQ(_place.output("ip link show wtap0 2>/dev/null"), "");
}

TEST_F(tap_port_test, changes_the_mtu) {
    const auto tap = open(options());
    ASSERT_TRUE(tap->set_mtu(1300).ok());
    EXPECT_NE(_place.output("ip link show wtap0").find("mtu 1300"), std::string::npos);
}

TEST_F(tap_port_test, adopts_the_interface_of_a_killed_process_with_the_links_on_it) {
    {
        // A killed process closes its queues and no more.
        const auto left_behind = expect_ok(tap_device::open(options(2)));
        EXPECT_EQ(left_behind.queues(), 2U);
    }
    _place.run("ip link add mv0 link wtap0 type macvlan mode bridge");
    const std::string before = _place.output("ip -o link show wtap0 | cut -d: -f1");
    const auto tap = open(options(2));
    EXPECT_EQ(_place.output("ip -o link show wtap0 | cut -d: -f1"), before);
    EXPECT_NE(_place.output("ip link show mv0").find("mv0"), std::string::npos);
    EXPECT_EQ(tap->receive_queues(), 2U);
}

TEST_F(tap_port_test, makes_do_with_the_one_queue_of_an_adopted_interface) {
    _place.run("ip tuntap add dev wtap0 mode tap vnet_hdr");
    const auto tap = open(options(2));
    EXPECT_EQ(tap->receive_queues(), 1U);
    EXPECT_EQ(tap->transmit_queues(), 1U);
}

TEST_F(tap_port_test, reports_a_name_that_is_taken) {
    _place.run("ip link add wtap0 type bridge");
    const auto failed = tap_port::open("red", options(), pools());
    ASSERT_FALSE(failed.ok());
    EXPECT_NE(failed.failure().message.find("wtap0"), std::string::npos);
    EXPECT_NE(failed.failure().message.find("another kind"), std::string::npos) << failed.failure().message;
}

TEST_F(tap_port_test, reports_names_and_namespaces_that_cannot_be) {
    tap_options wrong = options();
    wrong.interface = "a_name_of_sixteen";
    EXPECT_NE(tap_port::open("red", wrong, pools()).failure().message.find("15 characters"),
              std::string::npos);
    wrong = options();
    wrong.network_namespace = "/run/netns/there-is-none";
    EXPECT_NE(tap_port::open("red", wrong, pools()).failure().message.find("/run/netns/there-is-none"),
              std::string::npos);
}

TEST_F(tap_port_test, passes_plain_frames_both_ways) {
    const auto tap = open(options());
    const lab_sniffer kernel(_place, "wtap0");
    const auto sent = udp_v4_frame("02:42:00:00:00:99", "10.0.0.1", "10.0.0.2", 7, 100);
    rte_mbuf* packet = make_packet(sent);
    EXPECT_EQ(tap->transmit(0, &packet, 1).taken, 1U);
    EXPECT_EQ(kernel.receive([](const auto& frame) { return frame.size() == 142; }), sent);

    kernel.send(sent);
    const auto got = receive(*tap, 1);
    ASSERT_EQ(got.size(), 1U);
    EXPECT_EQ(bytes_of(got[0]), sent);
    EXPECT_FALSE(has_offload(got[0]));
    EXPECT_EQ(got[0]->pool, pools().packet);
    EXPECT_EQ(rte_pktmbuf_headroom(got[0]), 128);
    rte_pktmbuf_free(got[0]);
    const port_statistics counted = tap->statistics();
    EXPECT_EQ(counted.received_packets, 1U);
    EXPECT_EQ(counted.received_bytes, 142U);
    EXPECT_EQ(counted.sent_packets, 1U);
    EXPECT_EQ(counted.sent_bytes, 142U);
}

TEST_F(tap_port_test, hands_partial_checksums_on) {
    const auto tap = open(options());
    _place.run("ip addr add 10.0.0.1/24 dev wtap0; ip neigh add 10.0.0.2 lladdr 02:42:00:00:00:02 dev wtap0");
    _place.run(
        "python3 -c \"import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
        "s.sendto(b'x' * 500, ('10.0.0.2', 7))\"");
    const auto got = receive(*tap, 1);
    ASSERT_GE(got.size(), 1U);
    ASSERT_TRUE(has_offload(got[0]));
    EXPECT_EQ(offload_of(got[0]).partial_checksum, 1);
    EXPECT_EQ(offload_of(got[0]).checksum_start, 34);
    EXPECT_EQ(offload_of(got[0]).checksum_offset, 6);
    EXPECT_EQ(offload_of(got[0]).kind, segmentation::none);
    for (rte_mbuf* packet : got) rte_pktmbuf_free(packet);
}

TEST_F(tap_port_test, passes_a_large_frame_to_be_cut_from_one_tap_to_another) {
    const auto tap = open(options());
    const lab_namespace other;
    tap_options second_options = options();
    second_options.network_namespace = other.path();
    const auto second = open(second_options);
    _place.run(
        "ip addr add 10.0.0.1/24 dev wtap0; ip link set wtap0 address 02:42:0a:00:00:01; "
        "ip neigh add 10.0.0.2 lladdr 02:42:0a:00:00:02 dev wtap0");
    other.run(
        "ip addr add 10.0.0.2/24 dev wtap0; ip link set wtap0 address 02:42:0a:00:00:02; "
        "ip neigh add 10.0.0.1 lladdr 02:42:0a:00:00:01 dev wtap0");
    const char* const receiver =
        "python3 -c \"import socket; s = socket.socket(); s.bind(('10.0.0.2', 7)); s.listen(1); c = "
        "s.accept()[0]; "
        "n = 0\nwhile True:\n d = c.recv(1 << 20)\n if not d: break\n n += len(d)\nprint(n)\"";
    std::string counted;
    std::thread receiving([&] { counted = other.output(receiver); });
    std::thread sending([&] {
        _place.run(
            "for i in 1 2 3 4 5 6 7 8 9; do python3 -c \"import socket; s = "
            "socket.create_connection(('10.0.0.2', "
            "7)); s.sendall(bytes(4000000))\" 2>/dev/null && exit 0; sleep 0.2; done; exit 1");
    });
    unsigned longest = 0;
    std::atomic<bool> over{false};
    std::thread forwarding([&] {
        while (!over) {
            unsigned moved = 0;
            for (auto [from, to] : {std::pair{tap.get(), second.get()}, std::pair{second.get(), tap.get()}}) {
                rte_mbuf* burst[32];
                const received got = from->receive(0, burst, 32);
                for (unsigned i = 0; i < got.count; ++i)
                    if (has_offload(burst[i]) && offload_of(burst[i]).kind == segmentation::tcp_v4)
                        longest = std::max<unsigned>(longest, burst[i]->data_len);
                const transmitted done = to->transmit(0, burst, got.count);
                rte_pktmbuf_free_bulk(burst + done.taken, got.count - done.taken);
                moved += got.count;
            }
            if (moved == 0) std::this_thread::sleep_for(std::chrono::microseconds(100));
        }
    });
    sending.join();
    receiving.join();
    over = true;
    forwarding.join();
    EXPECT_EQ(counted, "4000000\n");
    EXPECT_GT(longest, 20000U);
    EXPECT_EQ(tap->statistics().receive_errors + tap->statistics().send_errors, 0U);
}

TEST_F(tap_port_test, hands_merged_segments_on_as_one_frame) {
    const auto tap = open(options());
    ASSERT_TRUE(tap->takes_chains());
    const lab_sniffer kernel(_place, "wtap0");
    const test::gso_frame made{.segment_size = 500, .payload = test::pattern(1700)};
    rte_mbuf* packets[4];
    for (std::size_t i = 0; i < made.pieces(); ++i) packets[i] = make_packet(made.piece(i));
    ASSERT_EQ(merge_segments(packets, 4), 1U);
    EXPECT_EQ(tap->transmit(0, packets, 1).taken, 1U);
    EXPECT_EQ(kernel.receive([](const auto& frame) { return frame.size() == 1754; }), made.whole());
    EXPECT_EQ(tap->statistics().sent_bytes, 1754U);
}

TEST_F(tap_port_test, says_which_frames_the_kernel_refused) {
    const auto tap = open(options());
    const auto good = udp_v4_frame("02:42:00:00:00:99", "10.0.0.1", "10.0.0.2", 7, 100);
    rte_mbuf* packets[3] = {make_packet(good), make_packet(std::vector<std::uint8_t>(5)), make_packet(good)};
    const transmitted done = tap->transmit(0, packets, 3);
    EXPECT_EQ(done.taken, 3U);
    EXPECT_EQ(done.refused, 1U);
    EXPECT_EQ(tap->statistics().send_errors, 1U);
}

TEST_F(tap_port_test, notices_that_somebody_deleted_the_interface) {
    const auto tap = open(options());
    _place.run("ip link del wtap0");
    tap->check();
    EXPECT_FALSE(tap->is_up());
    rte_mbuf* packet = make_packet(udp_v4_frame("02:42:00:00:00:99", "10.0.0.1", "10.0.0.2", 7, 100));
    EXPECT_EQ(tap->transmit(0, &packet, 1).taken, 0U);
    rte_pktmbuf_free(packet);
    rte_mbuf* packets[8];
    EXPECT_EQ(tap->receive(0, packets, 8).count, 0U);
}

TEST_F(tap_port_test, leaves_frames_in_the_kernel_while_there_are_no_buffers) {
    const auto tap = open(options());
    const lab_sniffer kernel(_place, "wtap0");
    std::vector<rte_mbuf*> all;
    while (rte_mbuf* packet = rte_pktmbuf_alloc(pools().packet)) all.push_back(packet);
    kernel.send(udp_v4_frame("02:42:00:00:00:99", "10.0.0.1", "10.0.0.2", 7, 100));
    rte_mbuf* packets[8];
    EXPECT_EQ(tap->receive(0, packets, 8).count, 0U);
    rte_pktmbuf_free_bulk(all.data(), static_cast<unsigned>(all.size()));
    const auto got = receive(*tap, 1);
    EXPECT_EQ(got.size(), 1U);
    for (rte_mbuf* packet : got) rte_pktmbuf_free(packet);
}

}  // namespace
}  // namespace waggle
