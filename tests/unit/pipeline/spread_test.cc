// Opened packets that another worker is to go on with.
#include "tests/support/sealed_fixture.hh"
#include "tests/unit/pipeline/expectations.hh"
#include "tests/unit/pipeline/kept_packets.hh"
#include "tests/unit/pipeline/one_piece.hh"

namespace waggle::test {
namespace {

constexpr std::uint32_t other = 1;

/// One of two workers under load: what goes opened to the other is kept.
class loaded_worker : public sealed_fixture {
public:
    explicit loaded_worker(protection_kind kind = protection_kind::docker) : sealed_fixture(kind) {
        context.other_workers_opened = _others.way();
        context.spreader = flow_spreader(0, 2);
        for (unsigned i = 0; i < 2 * flow_spreader::loaded_at; ++i)
            context.spreader.see_burst(flow_spreader::large_burst);
    }

    bytes packet_of(std::uint16_t flow, std::size_t payload = 18, std::uint32_t vni = 7000) {
        esp_outer outer = sealed_from(peer_v4);
        outer.sequence = ++_sequence;
        outer.outer.source_port = flow;
        return esp_tunnelled(outer, inbound_keys, vni, frame_of(payload));
    }
    bytes frame_of(std::size_t payload) const { return udp_frame(remote_4, local_a, 4, payload); }
    /// What went to the other worker, in order.
    std::vector<bytes> handed_over() { return _others.take(); }
    std::vector<sent_frame> take_opened(const std::vector<bytes>& packets) {
        std::vector<frame_in> in;
        for (const bytes& each : packets) in.push_back({each});
        return decapsulate_from({.exception = std::nullopt, .opened = true}, in);
    }
    /// A flow that goes to the other worker, or one that stays.
    std::uint16_t flow(bool goes) {
        for (std::uint16_t port = 40000; port != 0; ++port)
            if ((context.spreader.worker_for(port, 1) == other) == goes) return port;
        return 0;
    }

private:
    std::uint64_t _sequence = 0;
    kept_packets _others{other};
};

TEST(spread, the_other_worker_delivers_what_was_opened_here_in_order) {
    loaded_worker owner;
    std::vector<frame_in> packets;
    std::vector<bytes> stay;
    std::vector<bytes> go;
    const std::uint16_t here = owner.flow(false);
    const std::uint16_t there = owner.flow(true);
    for (std::size_t i = 0; i < 20; ++i) {
        const bool goes = i % 3 == 0;
        packets.push_back({owner.packet_of(goes ? there : here, 18 + i)});
        (goes ? go : stay).push_back(owner.frame_of(18 + i));
    }
    const auto delivered = owner.decapsulate(packets);
    ASSERT_EQ(delivered.size(), stay.size());
    for (std::size_t i = 0; i < stay.size(); ++i) expect_bytes(delivered[i].content, stay[i]);
    const std::vector<bytes> handed = owner.handed_over();
    EXPECT_EQ(owner.drops(), drop_counts{});
    EXPECT_EQ(owner.counters(owner.red).decapsulated_packets.read(), stay.size());
    expect_no_leak(owner);

    loaded_worker next;
    const auto taken = next.take_opened(handed);
    ASSERT_EQ(taken.size(), go.size());
    for (std::size_t i = 0; i < go.size(); ++i) {
        expect_bytes(taken[i].content, go[i]);
        EXPECT_EQ(taken[i].port, 1);
    }
    EXPECT_EQ(next.drops(), drop_counts{});
    EXPECT_EQ(next.counters(next.red).decapsulated_packets.read(), go.size());
    expect_no_leak(next);
}

TEST(spread, congestion_of_the_outer_header_goes_along) {
    loaded_worker owner;
    esp_outer outer = owner.sealed_from(owner.peer_v4);
    outer.outer.source_port = owner.flow(true);
    outer.outer.tos = 3;
    bytes frame = owner.frame_of(18);
    EXPECT_TRUE(owner.decapsulate({{esp_tunnelled(outer, owner.inbound_keys, 7000, frame)}}).empty());
    loaded_worker next;
    EXPECT_TRUE(next.take_opened(owner.handed_over()).empty());
    // RFC 6040 section 4.2: the inner sender knows nothing of ECN.
    EXPECT_EQ(next.drops(), (drop_counts{{"ecn_congested", 1}}));
}

TEST(spread, what_the_waggle_profile_sends_stays) {
    loaded_worker owner(protection_kind::waggle);
    EXPECT_EQ(owner.decapsulate({{owner.packet_of(owner.flow(true))}}).size(), 1U);
    EXPECT_TRUE(owner.handed_over().empty());
}

TEST(spread, only_what_was_checked_is_handed_over) {
    loaded_worker owner;
    owner.context.udp_port = be16(4790);
    bytes forged = owner.packet_of(owner.flow(true));
    forged.back() ^= 1;
    EXPECT_TRUE(owner.decapsulate({{forged}, {owner.packet_of(owner.flow(true))}}).empty());
    EXPECT_TRUE(owner.handed_over().empty());
    EXPECT_EQ(owner.drops(), (drop_counts{{"authentication_failed", 1}, {"sealed_not_vxlan", 1}}));
    expect_no_leak(owner);
}

TEST(spread, the_other_worker_keeps_overlays_apart) {
    loaded_worker owner;
    const std::uint16_t flow = owner.flow(true);
    owner.decapsulate({{owner.packet_of(flow, 18, 8000)}, {owner.packet_of(flow)}});
    const std::vector<bytes> handed = owner.handed_over();
    ASSERT_EQ(handed.size(), 2U);
    // There `red` wants Waggle's own profile; `blue` is in the clear.
    loaded_worker next(protection_kind::waggle);
    EXPECT_TRUE(next.take_opened(handed).empty());
    EXPECT_EQ(next.drops(), (drop_counts{{"sealed_for_plain", 1}, {"wrong_association", 1}}));
    expect_no_leak(next);
    // The port of VXLAN is another one by now.
    loaded_worker moved;
    moved.context.udp_port = be16(4790);
    EXPECT_TRUE(moved.take_opened(handed).empty());
    EXPECT_EQ(moved.drops(), (drop_counts{{"sealed_not_vxlan", 2}}));
    expect_no_leak(moved);
}

// Datagrams of ESP in UDP that came in one piece have the outer header in common.
TEST(spread, datagrams_of_one_piece_become_packets) {
    loaded_worker owner;
    owner.context.esp_udp_port = 4500;
    std::vector<bytes> packets;
    for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) {
        esp_outer outer = owner.sealed_from(owner.peer_v4);
        outer.sequence = sequence;
        outer.udp_port = 4500;
        outer.outer.source_port = owner.flow(true);
        packets.push_back(esp_tunnelled(outer, owner.inbound_keys, 7000, owner.frame_of(18)));
    }
    EXPECT_TRUE(owner.decapsulate({in_one_piece(packets)}).empty());
    const std::vector<bytes> handed = owner.handed_over();
    ASSERT_EQ(handed.size(), 3U);
    EXPECT_EQ(owner.drops(), drop_counts{});
    expect_no_leak(owner);
    loaded_worker next;
    const auto taken = next.take_opened(handed);
    ASSERT_EQ(taken.size(), 3U);
    for (const sent_frame& each : taken) expect_bytes(each.content, owner.frame_of(18));
    expect_no_leak(next);
}

}  // namespace
}  // namespace waggle::test
