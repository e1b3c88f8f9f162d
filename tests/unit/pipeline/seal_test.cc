#include "dataplane/esp/sizes.hh"
#include "tests/support/sealed_fixture.hh"
#include "tests/unit/pipeline/expectations.hh"

namespace waggle::test {
namespace {

const esp_keys docker_keys{};
const esp_keys gcm256{.spi = 0x2000, .key = pattern(32), .icv_length = 16, .extended = true};
const esp_keys chacha{.spi = 0x3000,
                      .cipher = esp_cipher::chacha20_poly1305,
                      .key = pattern(32),
                      .icv_length = 16,
                      .extended = true};

void expect_sealed(const sealed_fixture& host, const sent_frame& actual, esp_outer outer, const bytes& frame,
                   std::uint16_t source_port) {
    EXPECT_EQ(actual.port, dataplane_fixture::underlay);
    outer.outer.source_port = source_port;
    expect_bytes(actual.content, esp_tunnelled(outer, host.keys, 7000, frame));
}

/// The UDP port that the inner flow gets, which the plain pipeline shows.
std::uint16_t source_port_of(const bytes& frame) {
    dataplane_fixture plain;
    return outer_source_port(plain.encapsulate(1, plain.red, {{frame}}).at(0).content);
}

struct profile {
    const char* name;
    protection_kind kind;
    const esp_keys& keys;
    std::uint16_t udp_port;
};
const profile profiles[] = {
    {"docker", protection_kind::docker, docker_keys, 0},
    {"docker in UDP", protection_kind::docker, docker_keys, 4500},
    {"waggle, AES-256-GCM", protection_kind::waggle, gcm256, 0},
    {"waggle, AES-256-GCM, in UDP", protection_kind::waggle, gcm256, 4500},
    {"waggle, ChaCha20-Poly1305", protection_kind::waggle, chacha, 0},
};

TEST(seal, makes_the_packets_that_openssl_makes) {
    for (const profile& each : profiles)
        for (const bool v4 : {true, false})
            for (const std::size_t size : {0U, 1U, 2U, 3U, 18U, 1300U}) {
                SCOPED_TRACE(testing::Message()
                             << each.name << ", outer IPv" << (v4 ? 4 : 6) << ", " << size);
                sealed_fixture host(each.kind, each.keys, each.udp_port);
                const bytes frame = udp_frame(host.local_a, v4 ? host.remote_4 : host.remote_6, 4, size);
                const auto sent = host.encapsulate(1, host.red, {{frame}, {frame}});
                ASSERT_EQ(sent.size(), 2U);
                esp_outer outer = host.sealed_to(v4 ? host.peer_v4 : host.peer_v6);
                expect_sealed(host, sent[0], outer, frame, source_port_of(frame));
                ++outer.sequence;
                ++outer.iv;
                outer.outer.id = 1;
                expect_sealed(host, sent[1], outer, frame, source_port_of(frame));
                EXPECT_EQ(host.drops(), drop_counts{});
                EXPECT_EQ(host.counters(host.red).encapsulated_packets.read(), 2U);
                expect_no_leak(host);
            }
}

// RFC 6040 section 4.1: the outer header has the inner ECN field, under ESP as without.
TEST(seal, keeps_tos_and_congestion_marks) {
    sealed_fixture host;
    const bytes frame = udp_frame(host.local_a, host.remote_4, 4, 18, 0x02);
    const auto sent = host.encapsulate(1, host.red, {{frame}});
    ASSERT_EQ(sent.size(), 1U);
    esp_outer outer = host.sealed_to(host.peer_v4);
    outer.outer.tos = 0x02;
    expect_sealed(host, sent[0], outer, frame, source_port_of(frame));
}

TEST(seal, one_burst_to_several_peers_and_without_order_lost) {
    sealed_fixture host;
    std::vector<frame_in> frames;
    for (unsigned i = 0; i < 64; ++i)
        frames.push_back({udp_frame(host.local_a, i % 3 == 0 ? host.remote_6 : host.remote_4, 4, i)});
    const auto sent = host.encapsulate(1, host.red, frames);
    ASSERT_EQ(sent.size(), 64U);
    std::uint64_t v4 = 0;
    std::uint64_t v6 = 0;
    std::uint16_t id = 0;
    for (unsigned i = 0; i < 64; ++i) {
        esp_outer outer = host.sealed_to(i % 3 == 0 ? host.peer_v6 : host.peer_v4);
        outer.sequence += i % 3 == 0 ? v6 : v4;
        outer.iv += i % 3 == 0 ? v6++ : v4++;
        if (i % 3 != 0) outer.outer.id = id++;
        expect_sealed(host, sent[i], outer, frames[i].content, source_port_of(frames[i].content));
    }
    expect_no_leak(host);
}

// Every fourth frame leaves the burst before; the others stay in order and share the numbers.
TEST(seal, a_full_burst_to_one_peer) {
    for (const profile& each : profiles) {
        SCOPED_TRACE(each.name);
        sealed_fixture host(each.kind, each.keys, each.udp_port);
        std::vector<frame_in> frames;
        for (unsigned i = 0; i < 64; ++i)
            frames.push_back({udp_frame(host.local_a, i % 4 == 3 ? host.local_a : host.remote_4, 4, 10 * i)});
        const auto sent = host.encapsulate(1, host.red, frames);
        ASSERT_EQ(sent.size(), 48U);
        esp_outer outer = host.sealed_to(host.peer_v4);
        for (unsigned i = 0, at = 0; i < 64; ++i) {
            if (i % 4 == 3) continue;
            expect_sealed(host, sent[at++], outer, frames[i].content, source_port_of(frames[i].content));
            ++outer.sequence;
            ++outer.iv;
            ++outer.outer.id;
        }
        EXPECT_EQ(host.drops(), (drop_counts{{"hairpin", 16}}));
        expect_no_leak(host);
    }
}

// What is cut from a GSO frame is sealed piece by piece.
TEST(seal, seals_the_pieces_of_a_gso_frame) {
    sealed_fixture host;
    const bytes segment =
        tcp(host.local_a.v4, host.remote_4.v4, 1000, 80, pattern(3000), {}, checksum::partial);
    const bytes frame = ethernet(host.remote_4.mac, host.local_a.mac, 0x0800,
                                 ipv4(host.local_a.v4, host.remote_4.v4, 6, segment));
    const packet_offload offload{.checksum_start = 34,
                                 .checksum_offset = 16,
                                 .segment_size = 1000,
                                 .kind = segmentation::tcp_v4,
                                 .partial_checksum = 1};
    const auto sent = host.encapsulate(1, host.red, {{frame, offload}});
    ASSERT_EQ(sent.size(), 3U);
    for (const sent_frame& each : sent) {
        EXPECT_EQ(each.content[23], 50);
        // 20 + 16 + 8 + 8 + 14 + 20 + 20 + 1000 + trailer and ICV
        EXPECT_EQ(each.content.size(), 14 + 20 + esp::sealed_length(16 + 14 + 40 + 1000, 8));
    }
    EXPECT_EQ(host.drops(), drop_counts{});
    expect_no_leak(host);
}

TEST(seal, without_an_association_nothing_leaves) {
    for (const protection_kind kind : {protection_kind::docker, protection_kind::waggle}) {
        sealed_fixture host(kind, kind == protection_kind::docker ? docker_keys : gcm256);
        host.send_with(host.v4_peer, nullptr);
        const auto sent = host.encapsulate(1, host.red,
                                           {{udp_frame(host.local_a, host.remote_4)},
                                            {udp_frame(host.local_a, host.remote_6)},
                                            {udp_frame(host.local_a, host.remote_4, 4, 1400)}});
        EXPECT_EQ(sent.size(), 1U);
        EXPECT_EQ(host.drops(), (drop_counts{{"no_association", 2}}));
        expect_no_leak(host);
    }
}

// An overlay that was just encrypted, and nobody has keys yet.
TEST(seal, an_overlay_that_becomes_encrypted_sends_nothing_in_the_clear) {
    dataplane_fixture host;
    host.writer.update_overlay(host.red,
                               {.mtu = 1424, .flood = false, .protection = protection_kind::waggle});
    EXPECT_TRUE(host.encapsulate(1, host.red, {{udp_frame(host.local_a, host.remote_4)}}).empty());
    EXPECT_EQ(host.drops(), (drop_counts{{"no_association", 1}}));
    host.writer.update_overlay(host.red,
                               {.mtu = 1424, .flood = false, .protection = protection_kind::docker});
    EXPECT_TRUE(host.encapsulate(1, host.red, {{udp_frame(host.local_a, host.remote_4)}}).empty());
    EXPECT_EQ(host.drops(), (drop_counts{{"no_association", 2}}));
}

TEST(seal, a_docker_overlay_prefers_its_own_associations) {
    sealed_fixture host(protection_kind::waggle, gcm256);
    host.writer.update_overlay(host.red,
                               {.mtu = 1424, .flood = false, .protection = protection_kind::docker});
    sealed_fixture docker;
    const auto shared = docker.make_sender();
    host.writer.set_sender(no_overlay, host.v4_peer, 0, sender(shared.get(), 0));
    const auto icv_of_sent = [&]() -> std::size_t {
        const auto sent = host.encapsulate(1, host.red, {{udp_frame(host.local_a, host.remote_4, 4, 100)}});
        if (sent.size() != 1) return 0;
        return sent[0].content.size() - (14 + 20 + esp::sealed_length(16 + 14 + 20 + 8 + 100, 0));
    };
    EXPECT_EQ(icv_of_sent(), 16U);
    // A peer that has none of the overlay's gets what stock hosts get.
    host.send_with(host.v4_peer, nullptr);
    EXPECT_EQ(icv_of_sent(), 8U);
    host.writer.set_sender(no_overlay, host.v4_peer, 0, {});
    EXPECT_EQ(icv_of_sent(), 0U);
    EXPECT_EQ(host.drops(), (drop_counts{{"no_association", 1}}));
    expect_no_leak(host);
}

TEST(seal, stops_when_the_sequence_numbers_are_used_up) {
    sealed_fixture host;
    host.send_with(host.v4_peer, host.make_sender(0xffff'ffff));
    const frame_in frame{udp_frame(host.local_a, host.remote_4)};
    EXPECT_EQ(host.encapsulate(1, host.red, {frame, frame, frame}).size(), 1U);
    EXPECT_EQ(host.encapsulate(1, host.red, {frame}).size(), 0U);
    EXPECT_EQ(host.drops(), (drop_counts{{"sequence_exhausted", 3}}));
    expect_no_leak(host);
}

TEST(seal, a_frame_that_fills_its_buffer_has_no_room_for_the_trailer) {
    sealed_fixture host;
    // 16 + 60 bytes and 2 are 78: 2 bytes of padding, and an ICV of 8.
    const frame_in frame{udp_frame(host.local_a, host.remote_4, 4, 18)};
    host.tailroom = 2 + 2 + 8 - 1;
    EXPECT_TRUE(host.encapsulate(1, host.red, {frame}).empty());
    EXPECT_EQ(host.drops(), (drop_counts{{"no_tailroom", 1}}));
    host.tailroom = 2 + 2 + 8;
    EXPECT_EQ(host.encapsulate(1, host.red, {frame}).size(), 1U);
    expect_no_leak(host);
}

// Stock Docker's 1424 for 1500, and the exact figure of each other way.
TEST(seal, frames_exactly_at_the_limit_pass_and_one_byte_more_is_answered) {
    struct limit {
        const profile& of;
        bool v4;
        std::size_t mtu;
    };
    const limit limits[] = {
        // 1500 - 20 (IP) = 1480; - 16 - 8 = 1456; - 2 - 16 - 14 = 1424.
        {profiles[0], true, 1424},
        // 8 bytes of UDP less.
        {profiles[1], true, 1416},
        // 1480 - 16 - 16 = 1448; - 2 - 16 - 14 = 1416.
        {profiles[2], true, 1416},
        {profiles[3], true, 1408},
        {profiles[4], true, 1416},
        // 20 bytes of IPv6 more.
        {profiles[0], false, 1404},
        {profiles[2], false, 1396},
        {profiles[3], false, 1388},
    };
    for (const limit& each : limits) {
        SCOPED_TRACE(testing::Message() << each.of.name << ", outer IPv" << (each.v4 ? 4 : 6));
        sealed_fixture host(each.of.kind, each.of.keys, each.of.udp_port);
        const auto& to = each.v4 ? host.remote_4 : host.remote_6;
        for (const std::size_t size : {each.mtu - 1, each.mtu}) {
            const auto sent = host.encapsulate(1, host.red, {{udp_frame(host.local_a, to, 4, size - 28)}});
            ASSERT_EQ(sent.size(), 1U);
            EXPECT_EQ(sent[0].port, dataplane_fixture::underlay);
            EXPECT_LE(sent[0].content.size(), 14U + 1500U);
        }
        const auto answer =
            host.encapsulate(1, host.red, {{udp_frame(host.local_a, to, 4, each.mtu + 1 - 28)}});
        ASSERT_EQ(answer.size(), 1U);
        EXPECT_EQ(answer[0].port, 1);
        // ICMP 3/4 with the next hop's MTU (RFC 1191).
        EXPECT_EQ(answer[0].content[34], 3);
        EXPECT_EQ(answer[0].content[35], 4);
        EXPECT_EQ(read16(answer[0].content, 40), each.mtu);
        EXPECT_EQ(host.drops(), (drop_counts{{"oversize", 1}}));
        expect_no_leak(host);
    }
}

}  // namespace
}  // namespace waggle::test
