// Packets of an association that another worker owns (replay.md).
#include "tests/support/sealed_fixture.hh"
#include "tests/unit/pipeline/expectations.hh"
#include "tests/unit/pipeline/kept_packets.hh"
#include "tests/unit/pipeline/one_piece.hh"

namespace waggle::test {
namespace {

constexpr std::uint32_t self = 0;
constexpr std::uint32_t other = 1;
/// Ticks of the fixture's clock.
constexpr std::uint64_t patience = esp::worker_claim::patience / 1000;

/// One of two workers: what goes to the other is kept.
class one_of_two : public sealed_fixture {
public:
    one_of_two() {
        writer.set_receiver(spi(inbound_keys.spi), peer_v4, *association);
        context.other_workers = _others.way();
    }

    std::uint64_t now() const { return context.now * 1000; }
    frame_in packet(std::uint64_t sequence, const ip_address& peer) const {
        esp_outer outer = sealed_from(peer);
        outer.sequence = sequence;
        return {esp_tunnelled(outer, inbound_keys, 7000, udp_frame(remote_4, local_a, 4, 18))};
    }
    frame_in packet(std::uint64_t sequence) const { return packet(sequence, peer_v4); }
    /// Contents of what went to other workers, in order.
    std::vector<bytes> handed_over() { return _others.take(); }
    std::vector<sent_frame> take_over(const std::vector<frame_in>& packets) {
        return decapsulate_from({.exception = std::nullopt, .handed_over = true}, packets);
    }

    std::shared_ptr<esp::inbound_association> association = make_receiver();

private:
    kept_packets _others{other};
};

TEST(handover, packets_go_unopened_to_the_owner) {
    one_of_two host;
    host.association->claim.owner_for_received(other, host.now());
    const std::vector<frame_in> packets{host.packet(1), host.packet(2), host.packet(3)};
    EXPECT_TRUE(host.decapsulate(packets).empty());
    const std::vector<bytes> handed = host.handed_over();
    ASSERT_EQ(handed.size(), 3U);
    for (unsigned i = 0; i < 3; ++i) expect_bytes(handed[i], packets[i].content);
    EXPECT_EQ(host.drops(), drop_counts{});
    EXPECT_EQ(host.association->usage().packets, 0U);
    expect_no_leak(host);
}

TEST(handover, the_rest_of_a_burst_is_opened_here_in_order) {
    one_of_two host;
    host.association->claim.owner_for_received(other, host.now());
    // What comes from the other peer has an association that nobody owns yet.
    const auto sent = host.decapsulate(
        {host.packet(1, host.peer_v6), host.packet(1), host.packet(2, host.peer_v6), host.packet(2)});
    EXPECT_EQ(sent.size(), 2U);
    EXPECT_EQ(host.handed_over().size(), 2U);
    EXPECT_EQ(host.drops(), drop_counts{});
    expect_no_leak(host);
}

TEST(handover, the_owner_opens_what_it_is_handed) {
    one_of_two host;
    EXPECT_EQ(host.decapsulate({host.packet(1)}).size(), 1U);
    EXPECT_EQ(host.association->claim.owner(), self);
    // As the other worker would ask.
    EXPECT_EQ(host.association->claim.owner_for_received(other, host.now()), self);
    EXPECT_EQ(host.take_over({host.packet(2), host.packet(3), host.packet(3)}).size(), 2U);
    EXPECT_TRUE(host.handed_over().empty());
    EXPECT_EQ(host.drops(), (drop_counts{{"replayed", 1}}));
    expect_no_leak(host);
}

TEST(handover, an_association_follows_its_packets) {
    one_of_two host;
    EXPECT_EQ(host.decapsulate({host.packet(1)}).size(), 1U);
    EXPECT_EQ(host.association->claim.owner_for_received(other, host.now()), self);
    host.context.now += patience;
    // The whole burst goes back, with what was asked for.
    EXPECT_TRUE(host.take_over({host.packet(2), host.packet(3)}).empty());
    EXPECT_EQ(host.association->claim.owner(), other);
    EXPECT_EQ(host.handed_over().size(), 2U);
    EXPECT_TRUE(host.decapsulate({host.packet(4)}).empty());
    EXPECT_EQ(host.handed_over().size(), 1U);
    EXPECT_EQ(host.drops(), drop_counts{});
    expect_no_leak(host);
}

// Datagrams of ESP in UDP that came in one piece (UDP segmentation) have the outer header in common: each
// goes as a packet of its own.
TEST(handover, datagrams_of_one_piece_become_packets) {
    for (const bool v4 : {true, false}) {
        SCOPED_TRACE(v4 ? "IPv4" : "IPv6");
        one_of_two host;
        host.context.esp_udp_port = 4500;
        const ip_address peer = v4 ? host.peer_v4 : host.peer_v6;
        host.writer.set_receiver(spi(host.inbound_keys.spi), peer, *host.association);
        host.association->claim.owner_for_received(other, host.now());
        std::vector<bytes> packets;
        for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) {
            esp_outer outer = host.sealed_from(peer);
            outer.sequence = sequence;
            outer.udp_port = 4500;
            outer.outer.tos = 2;
            packets.push_back(
                esp_tunnelled(outer, host.inbound_keys, 7000,
                              udp_frame(v4 ? host.remote_4 : host.remote_6, host.local_a, 4, 18)));
        }
        EXPECT_TRUE(host.decapsulate({in_one_piece(packets)}).empty());
        const std::vector<bytes> handed = host.handed_over();
        ASSERT_EQ(handed.size(), 3U);
        EXPECT_EQ(host.drops(), drop_counts{});
        expect_no_leak(host);
        // The owner takes them.
        one_of_two owner;
        owner.writer.set_receiver(spi(owner.inbound_keys.spi), peer, *owner.association);
        std::vector<frame_in> arrived;
        for (const bytes& each : handed) arrived.push_back({each});
        EXPECT_EQ(owner.take_over(arrived).size(), 3U);
        EXPECT_EQ(owner.drops(), drop_counts{});
        expect_no_leak(owner);
    }
}

// The association went while its packets were on their way.
TEST(handover, without_an_association_what_was_handed_over_is_dropped) {
    one_of_two host;
    host.writer.remove_receiver(spi(host.inbound_keys.spi), host.peer_v4);
    EXPECT_TRUE(host.take_over({host.packet(1)}).empty());
    EXPECT_EQ(host.drops(), (drop_counts{{"unknown_spi", 1}}));
    expect_no_leak(host);
}

}  // namespace
}  // namespace waggle::test
