#include <functional>

#include "tests/support/sealed_fixture.hh"
#include "tests/unit/pipeline/expectations.hh"

namespace waggle::test {
namespace {

const esp_keys gcm256{.spi = 0x2000, .key = pattern(32), .icv_length = 16, .extended = true};
const esp_keys chacha{.spi = 0x3000,
                      .cipher = esp_cipher::chacha20_poly1305,
                      .key = pattern(32),
                      .icv_length = 16,
                      .extended = true};

bytes from_remote(const dataplane_fixture& host, bool v4 = true, std::size_t size = 18,
                  std::uint8_t tos = 0) {
    return udp_frame(v4 ? host.remote_4 : host.remote_6, host.local_a, 4, size, tos);
}

TEST(open, delivers_what_openssl_sealed) {
    for (const esp_keys& keys : {esp_keys{}, gcm256, chacha})
        for (const std::uint16_t port : std::initializer_list<std::uint16_t>{0, 4500})
            for (const bool v4 : {true, false})
                for (const std::size_t size : {0U, 1U, 2U, 3U, 1300U}) {
                    SCOPED_TRACE(testing::Message() << keys.spi << ", port " << port << ", outer IPv"
                                                    << (v4 ? 4 : 6) << ", " << size);
                    sealed_fixture host(keys.extended ? protection_kind::waggle : protection_kind::docker,
                                        keys, port);
                    const bytes frame = from_remote(host, v4, size);
                    const bytes packet = esp_tunnelled(host.sealed_from(v4 ? host.peer_v4 : host.peer_v6),
                                                       host.inbound_keys, 7000, frame);
                    const auto sent = host.decapsulate({{packet}});
                    ASSERT_EQ(sent.size(), 1U);
                    EXPECT_EQ(sent[0].port, 1);
                    expect_bytes(sent[0].content, frame);
                    EXPECT_EQ(host.drops(), drop_counts{});
                    EXPECT_EQ(host.counters(host.red).decapsulated_bytes.read(), frame.size());
                    expect_no_leak(host);
                }
}

// Either way of travel is taken, whatever the association sends with: NATs come and go.
TEST(open, takes_an_association_in_udp_and_without) {
    sealed_fixture host(protection_kind::docker, {}, 4500);
    esp_outer outer = host.sealed_from(host.peer_v4);
    outer.udp_port = 0;
    const bytes bare = esp_tunnelled(outer, host.inbound_keys, 7000, from_remote(host));
    outer.udp_port = 4500;
    outer.sequence = 2;
    const bytes in_udp = esp_tunnelled(outer, host.inbound_keys, 7000, from_remote(host));
    EXPECT_EQ(host.decapsulate({{bare}, {in_udp}}).size(), 2U);
}

TEST(open, opens_a_full_burst_of_many_peers_in_order) {
    sealed_fixture host;
    std::vector<frame_in> packets;
    std::vector<bytes> frames;
    for (unsigned i = 0; i < 64; ++i) {
        const bool v4 = i % 4 != 0;
        frames.push_back(from_remote(host, v4, i));
        esp_outer outer = host.sealed_from(v4 ? host.peer_v4 : host.peer_v6);
        outer.sequence = i + 1;
        packets.push_back({esp_tunnelled(outer, host.inbound_keys, 7000, frames.back())});
    }
    const auto sent = host.decapsulate(packets);
    ASSERT_EQ(sent.size(), 64U);
    for (unsigned i = 0; i < 64; ++i) expect_bytes(sent[i].content, frames[i]);
    expect_no_leak(host);
}

// RFC 6040 section 4.2.
TEST(open, brings_the_outer_congestion_mark_in) {
    sealed_fixture host;
    esp_outer outer = host.sealed_from(host.peer_v4);
    outer.outer.tos = 3;
    const auto sent =
        host.decapsulate({{esp_tunnelled(outer, host.inbound_keys, 7000, from_remote(host, true, 18, 2))}});
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].content[15], 3);
    outer.sequence = 2;
    EXPECT_TRUE(
        host.decapsulate({{esp_tunnelled(outer, host.inbound_keys, 7000, from_remote(host))}}).empty());
    EXPECT_EQ(host.drops(), (drop_counts{{"ecn_congested", 1}}));
}

// Stock kernels pad to 4; more is allowed and was seen.
TEST(open, accepts_more_padding_than_needed) {
    sealed_fixture host;
    const esp_outer outer = host.sealed_from(host.peer_v4);
    bytes text = udp(host.peer_v4, host.own_v4, 50000, 4789, vxlan(7000, from_remote(host)));
    std::uint8_t padding = 0;
    while (padding < 100 || (text.size() + 2) % 4 != 0) text.push_back(++padding);
    text.push_back(padding);
    text.push_back(17);
    const auto sent =
        host.decapsulate({{esp_packet(outer, esp_sealed(host.inbound_keys, 1, outer.iv, text))}});
    ASSERT_EQ(sent.size(), 1U);
    expect_bytes(sent[0].content, from_remote(host));
}

/// One row: what arrives at a host with a docker-encrypted overlay red (VNI 7000) and a plain one (8000).
struct refused {
    const char* reason;
    std::function<bytes(sealed_fixture&)> packet;
};

bytes sealed_text(sealed_fixture& host, const bytes& text) {
    const esp_outer outer = host.sealed_from(host.peer_v4);
    return esp_packet(outer, esp_sealed(host.inbound_keys, 1, outer.iv, text));
}
bytes good(sealed_fixture& host, std::uint32_t vni = 7000) {
    return esp_tunnelled(host.sealed_from(host.peer_v4), host.inbound_keys, vni, from_remote(host));
}
bytes with_spi(sealed_fixture& host, std::uint32_t value) {
    host.inbound_keys.spi = value;
    return good(host);
}
bytes esp_of(sealed_fixture& host, const bytes& content) {
    return esp_packet(host.sealed_from(host.peer_v4), content);
}
bytes datagram(const sealed_fixture& host, std::uint16_t port = 4789) {
    return udp(host.peer_v4, host.own_v4, 50000, port, vxlan(7000, from_remote(host)));
}

const std::vector<refused> refusals = {
    {"cleartext",
     [](auto& host) { return tunnelled(host.from_peer(host.peer_v4), 7000, from_remote(host)); }},
    {"cleartext",
     [](auto& host) { return tunnelled(host.from_peer(host.peer_v6), 7000, from_remote(host)); }},
    {"sealed_for_plain", [](auto& host) { return good(host, 8000); }},
    {"unknown_vni", [](auto& host) { return good(host, 9999); }},
    // An association is the peer's who has it: another address does not find it.
    {"unknown_spi",
     [](auto& host) {
         esp_outer outer = host.sealed_from(host.peer_v4);
         outer.outer.source = host.lost_v4;
         return esp_tunnelled(outer, host.inbound_keys, 7000, from_remote(host));
     }},
    {"unknown_spi", [](auto& host) { return with_spi(host, 0x7777); }},
    {"reserved_spi", [](auto& host) { return with_spi(host, 0); }},
    {"reserved_spi", [](auto& host) { return with_spi(host, 255); }},
    {"esp_truncated", [](auto& host) { return esp_of(host, {}); }},
    {"esp_truncated", [](auto& host) { return esp_of(host, pattern(15)); }},
    {"esp_truncated",
     [](auto& host) {
         bytes whole = esp_sealed(host.inbound_keys, 1, 1, esp_padded(datagram(host)));
         whole.resize(16 + 8 + 3);
         return esp_of(host, whole);
     }},
    {"esp_misaligned",
     [](auto& host) {
         return sealed_text(host, concatenated({datagram(host), {0, 17, 0}}));
     }},
    {"authentication_failed",
     [](auto& host) {
         bytes packet = good(host);
         packet.back() ^= 1;
         return packet;
     }},
    {"authentication_failed",
     [](auto& host) {
         host.inbound_keys.key = pattern(17);
         host.inbound_keys.key.erase(host.inbound_keys.key.begin());
         return good(host);
     }},
    {"esp_dummy", [](auto& host) { return sealed_text(host, esp_padded(pattern(20), 59)); }},
    {"esp_trailer",
     [](auto& host) {
         return sealed_text(host, {1, 2, 7, 17});
     }},
    {"esp_padding",
     [](auto& host) {
         return sealed_text(host, concatenated({datagram(host), {1, 3, 2, 17}}));
     }},
    {"esp_next_header", [](auto& host) { return sealed_text(host, esp_padded(datagram(host), 4)); }},
    {"sealed_not_vxlan", [](auto& host) { return sealed_text(host, esp_padded(datagram(host, 4790))); }},
    {"sealed_not_vxlan", [](auto& host) { return sealed_text(host, esp_padded(pattern(15))); }},
    // A UDP length beyond what was sealed.
    {"sealed_not_vxlan",
     [](auto& host) {
         bytes text = datagram(host);
         text[4] = 0x7f;
         return sealed_text(host, esp_padded(text));
     }},
    {"vxlan_flags",
     [](auto& host) {
         return sealed_text(host, esp_padded(udp(host.peer_v4, host.own_v4, 50000, 4789,
                                                 vxlan(7000, from_remote(host), 0))));
     }},
};

TEST(open, each_fault_counts_its_own_reason) {
    for (const refused& each : refusals) {
        SCOPED_TRACE(each.reason);
        sealed_fixture host;
        const bytes packet = each.packet(host);
        EXPECT_TRUE(host.decapsulate({{packet}}).empty());
        EXPECT_EQ(host.drops(), (drop_counts{{each.reason, 1}}));
        expect_no_leak(host);
    }
}

TEST(open, an_association_serves_its_own_overlay_only) {
    // `blue` is another overlay of the same kind, whose members are the same.
    sealed_fixture host(protection_kind::waggle, gcm256);
    host.writer.update_overlay(host.blue,
                               {.mtu = 1450, .flood = false, .protection = protection_kind::waggle});
    EXPECT_TRUE(host.decapsulate({{esp_tunnelled(host.sealed_from(host.peer_v4), host.inbound_keys, 8000,
                                                 from_remote(host))}})
                    .empty());
    EXPECT_EQ(host.drops(), (drop_counts{{"wrong_association", 1}}));
    // Nor does a docker association serve a waggle overlay.
    sealed_fixture docker;
    docker.writer.update_overlay(docker.blue,
                                 {.mtu = 1450, .flood = false, .protection = protection_kind::waggle});
    EXPECT_TRUE(docker.decapsulate({{good(docker, 8000)}}).empty());
    EXPECT_EQ(docker.drops(), (drop_counts{{"wrong_association", 1}}));
    // A docker association serves all docker overlays.
    docker.writer.update_overlay(docker.blue,
                                 {.mtu = 1450, .flood = false, .protection = protection_kind::docker});
    esp_outer outer = docker.sealed_from(docker.peer_v4);
    outer.sequence = 2;
    EXPECT_EQ(
        docker.decapsulate({{esp_tunnelled(outer, docker.inbound_keys, 8000, from_remote(docker))}}).size(),
        1U);
}

TEST(open, a_docker_overlay_takes_what_its_own_associations_open) {
    sealed_fixture host(protection_kind::waggle, gcm256);
    for (const overlay_index each : {host.red, host.blue})
        host.writer.update_overlay(each,
                                   {.mtu = 1424, .flood = false, .protection = protection_kind::docker});
    EXPECT_EQ(host.decapsulate({{good(host)}}).size(), 1U);
    EXPECT_EQ(host.drops(), drop_counts{});
    // But not what those of another overlay do.
    esp_outer outer = host.sealed_from(host.peer_v4);
    outer.sequence = 2;
    EXPECT_TRUE(
        host.decapsulate({{esp_tunnelled(outer, host.inbound_keys, 8000, from_remote(host))}}).empty());
    EXPECT_EQ(host.drops(), (drop_counts{{"wrong_association", 1}}));
    // Nor does a plain overlay take it.
    host.writer.update_overlay(host.red, {.mtu = 1424, .flood = false, .protection = protection_kind::none});
    outer.sequence = 3;
    EXPECT_TRUE(
        host.decapsulate({{esp_tunnelled(outer, host.inbound_keys, 7000, from_remote(host))}}).empty());
    EXPECT_EQ(host.drops(), (drop_counts{{"wrong_association", 1}, {"sealed_for_plain", 1}}));
}

TEST(open, a_sender_that_left_the_overlay_is_refused) {
    sealed_fixture host;
    host.writer.remove_member(host.red, host.v4_peer);
    EXPECT_TRUE(host.decapsulate({{good(host)}}).empty());
    EXPECT_EQ(host.drops(), (drop_counts{{"unknown_vtep", 1}}));
}

TEST(open, takes_nothing_twice_and_nothing_old) {
    sealed_fixture host;
    const auto numbered = [&](std::uint64_t sequence) {
        esp_outer outer = host.sealed_from(host.peer_v4);
        outer.sequence = sequence;
        return frame_in{esp_tunnelled(outer, host.inbound_keys, 7000, from_remote(host))};
    };
    EXPECT_EQ(host.decapsulate({numbered(5000), numbered(5000), numbered(4999), numbered(1)}).size(), 2U);
    EXPECT_EQ(host.decapsulate({numbered(4999)}).size(), 0U);
    EXPECT_EQ(host.drops(), (drop_counts{{"replayed", 2}, {"replay_too_old", 1}}));
    expect_no_leak(host);
}

TEST(open, keepalives_and_ike_stay_outside) {
    sealed_fixture host(protection_kind::docker, {}, 4500);
    const frame_in keepalive{esp_of(host, {0xff})};
    const frame_in ike{esp_of(host, concatenated({bytes(4), pattern(28)}))};
    const frame_in short_esp{esp_of(host, {0xff, 0xff})};
    EXPECT_TRUE(host.decapsulate({keepalive, ike, short_esp}).empty());
    EXPECT_EQ(host.drops(), (drop_counts{{"keepalive", 1}, {"non_esp_marker", 1}, {"esp_truncated", 1}}));
    // With a kernel behind, IKE and unknown associations are its own.
    const frame_in unknown{with_spi(host, 0x7777)};
    const auto sent = host.decapsulate({keepalive, ike, unknown}, dataplane_fixture::exception);
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_EQ(sent[0].port, dataplane_fixture::exception);
    expect_bytes(sent[0].content, ike.content);
    expect_bytes(sent[1].content, unknown.content);
    EXPECT_EQ(host.drops().at("keepalive"), 2U);
    expect_no_leak(host);
}

// Where ESP in UDP is not spoken its port is like any other.
TEST(open, udp_4500_is_nothing_special_unless_configured) {
    sealed_fixture host;
    esp_outer outer = host.sealed_from(host.peer_v4);
    outer.udp_port = 4500;
    EXPECT_TRUE(
        host.decapsulate({{esp_tunnelled(outer, host.inbound_keys, 7000, from_remote(host))}}).empty());
    EXPECT_EQ(host.drops(), (drop_counts{{"not_vxlan", 1}}));
}

TEST(open, esp_for_others_and_fragments_of_it_are_not_ours) {
    sealed_fixture host;
    esp_outer outer = host.sealed_from(host.peer_v4);
    outer.outer.destination = host.lost_v4;
    const frame_in elsewhere{esp_tunnelled(outer, host.inbound_keys, 7000, from_remote(host))};
    outer = host.sealed_from(host.peer_v4);
    outer.outer.fragment = 0x2000;
    const frame_in fragment{esp_tunnelled(outer, host.inbound_keys, 7000, from_remote(host))};
    EXPECT_TRUE(host.decapsulate({elsewhere, fragment}).empty());
    EXPECT_EQ(host.drops(), (drop_counts{{"not_for_us", 1}, {"outer_fragment", 1}}));
}

TEST(open, no_single_corrupted_byte_passes) {
    sealed_fixture host;
    const bytes packet = good(host);
    for (std::size_t at = 34; at < packet.size(); ++at)
        for (const std::uint8_t flip : std::initializer_list<std::uint8_t>{0x01, 0x80}) {
            bytes corrupted = packet;
            corrupted[at] ^= flip;
            EXPECT_TRUE(host.decapsulate({{corrupted}}).empty()) << at;
        }
    EXPECT_EQ(host.decapsulate({{packet}}).size(), 1U);
    expect_no_leak(host);
}

TEST(open, what_seal_makes_open_takes) {
    for (const esp_keys& keys : {esp_keys{}, gcm256, chacha})
        for (const std::uint16_t port : std::initializer_list<std::uint16_t>{0, 4500}) {
            sealed_fixture sender(keys.extended ? protection_kind::waggle : protection_kind::docker, keys,
                                  port);
            sealed_fixture receiver(keys.extended ? protection_kind::waggle : protection_kind::docker, keys,
                                    port);
            // The packet's way back: addresses are swapped by giving the receiver the sender's place.
            receiver.context.vtep_v4 = sender.peer_v4;
            auto association = receiver.make_receiver();
            receiver.inbound_keys.spi = sender.keys.spi;
            association = receiver.make_receiver();
            receiver.writer.set_receiver(spi(sender.keys.spi), sender.own_v4, *association);
            const vtep_index from = *receiver.writer.create_vtep(make_unreachable_vtep_entry(sender.own_v4));
            receiver.writer.add_member(receiver.red, from);
            receiver.writer.upsert_forwarding(receiver.red, sender.remote_4.mac, forwarding_value::local(1));
            const bytes frame = udp_frame(sender.local_a, sender.remote_4, 4, 700);
            const auto sealed = sender.encapsulate(1, sender.red, {{frame}});
            ASSERT_EQ(sealed.size(), 1U);
            const auto opened = receiver.decapsulate({{sealed[0].content}});
            ASSERT_EQ(opened.size(), 1U);
            expect_bytes(opened[0].content, frame);
        }
}

}  // namespace
}  // namespace waggle::test
