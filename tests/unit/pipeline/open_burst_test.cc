// A burst must be what its packets are one by one, however far the usual way takes it.
#include <random>
#include <string>
#include <utility>

#include "tests/support/sealed_fixture.hh"
#include "tests/unit/pipeline/expectations.hh"

namespace waggle::test {
namespace {

const esp_keys gcm256{.spi = 0x2000, .key = pattern(32), .icv_length = 16, .extended = true};

/// The packet numbered `sequence`, `size` bytes of payload within, good or with a fault of some kind.
bytes packet_of(const sealed_fixture& host, unsigned fault, std::uint64_t sequence, std::size_t size) {
    esp_outer outer = host.sealed_from(fault == 1 ? host.peer_v6 : host.peer_v4);
    outer.sequence = sequence;
    outer.iv = 0x1000 + sequence;
    const bytes frame = udp_frame(host.remote_4, host.local_a, 4, size);
    const auto sealed = [&](const bytes& text) {
        return esp_packet(outer, esp_sealed(host.inbound_keys, sequence, outer.iv, text));
    };
    const auto datagram = [&](std::uint16_t port) {
        return udp(host.peer_v4, host.own_v4, 50000, port, vxlan(7000, frame));
    };
    switch (fault) {
        case 2: {
            bytes forged = esp_tunnelled(outer, host.inbound_keys, 7000, frame);
            forged[forged.size() - 1 - size % 40] ^= 0x40;
            return forged;
        }
        case 3:
            return sealed(esp_padded(datagram(4789), 4));
        case 4:
            return sealed(esp_padded(datagram(4790)));
        case 5:
            return sealed(esp_padded(pattern(size % 16)));
        case 6: {
            bytes cut = esp_tunnelled(outer, host.inbound_keys, 7000, frame);
            cut.resize(cut.size() - 1);
            return cut;
        }
        case 7:
            return esp_tunnelled(outer, host.inbound_keys, 9999, frame);
        default:
            return esp_tunnelled(outer, host.inbound_keys, 7000, frame);
    }
}

/// Numbers that mostly rise one by one, packets that mostly are good.
std::vector<frame_in> random_burst(const sealed_fixture& host, std::mt19937_64& random, unsigned disorder,
                                   std::uint64_t& next) {
    std::vector<frame_in> burst;
    const unsigned count = 1 + static_cast<unsigned>(random() % 64);
    for (unsigned i = 0; i < count; ++i) {
        if (random() % 100 < disorder) next += random() % 3 == 0 ? random() % 5000 : random() % 20;
        const bool is_old = random() % 100 < disorder && next > 10;
        const unsigned fault = random() % 100 < disorder ? static_cast<unsigned>(random() % 8) : 0;
        burst.push_back({packet_of(host, fault, is_old ? next - random() % 10 : next, random() % 300)});
        if (!is_old) ++next;
    }
    return burst;
}

/// A forged packet with the number of a good one of its burst fails the cipher, and the window where that one
/// was accepted before: only together these counts are the same.
drop_counts comparable(drop_counts drops) {
    const auto forged = drops.extract("authentication_failed");
    const auto old = drops.extract("replayed");
    const auto far = drops.extract("replay_too_old");
    for (const auto& each : {&forged, &old, &far})
        if (!each->empty()) drops["not_accepted"] += each->mapped();
    return drops;
}

void expect_same(const sealed_fixture& in_bursts, const sealed_fixture& one_by_one,
                 const std::vector<sent_frame>& together, const std::vector<sent_frame>& apart) {
    ASSERT_EQ(comparable(in_bursts.drops()), comparable(one_by_one.drops()));
    ASSERT_EQ(together.size(), apart.size());
    for (std::size_t i = 0; i < together.size(); ++i) {
        ASSERT_EQ(together[i].port, apart[i].port);
        ASSERT_EQ(together[i].content, apart[i].content);
    }
}

TEST(open_burst, is_what_its_packets_are_one_by_one) {
    const std::uint64_t seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    for (const bool extended : {false, true})
        for (const unsigned disorder : {0U, 2U, 10U, 40U}) {
            const protection_kind kind = extended ? protection_kind::waggle : protection_kind::docker;
            sealed_fixture in_bursts(kind, extended ? gcm256 : esp_keys{});
            sealed_fixture one_by_one(kind, extended ? gcm256 : esp_keys{});
            // The first one tells the high half; then the low one runs over.
            std::uint64_t next = extended ? 0x9000'0000U : 1;
            for (sealed_fixture* host : {&in_bursts, &one_by_one})
                ASSERT_EQ(host->decapsulate({{packet_of(*host, 0, next, 18)}}).size(), 1U);
            next = extended ? 0xffff'ff00U : 2;
            for (int round = 0; round < 40; ++round) {
                const std::vector<frame_in> burst = random_burst(in_bursts, random, disorder, next);
                std::vector<sent_frame> apart;
                for (const frame_in& each : burst)
                    for (sent_frame& sent : one_by_one.decapsulate({each})) apart.push_back(std::move(sent));
                ASSERT_NO_FATAL_FAILURE(
                    expect_same(in_bursts, one_by_one, in_bursts.decapsulate(burst), apart));
            }
            EXPECT_EQ(in_bursts.drops().empty(), disorder == 0);
            expect_no_leak(in_bursts);
            expect_no_leak(one_by_one);
        }
}

}  // namespace
}  // namespace waggle::test
