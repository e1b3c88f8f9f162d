#include <random>

#include "tests/unit/pipeline/expectations.hh"

namespace waggle::test {
namespace {

/// Random traffic, half of it damaged: what goes in comes out or is counted, once.
class random_traffic {
public:
    explicit random_traffic(unsigned seed) : _random(seed) {}

    void run(unsigned bursts) {
        for (unsigned i = 0; i < bursts && !testing::Test::HasFailure(); ++i) {
            const bool inwards = below(2) == 0;
            std::vector<frame_in> burst(1 + below(burst_capacity));
            _in += burst.size();
            for (frame_in& in : burst) {
                if (inwards)
                    in = {damaged(frame())};
                else if (below(8) == 0)
                    in = several();
                else
                    in = {damaged(packet())};
            }
            const bool red = below(2) == 0;
            const auto sent = inwards ? _host.encapsulate(static_cast<port_index>((red ? 1 : 3) + below(2)),
                                                          red ? _host.red : _host.blue, burst)
                                      : _host.decapsulate(burst, below(2) == 0 ? std::optional<port_index>(9)
                                                                               : std::nullopt);
            _out += sent.size();
            check();
            _host.context.now += below(10'000);
        }
    }

private:
    std::uint32_t below(std::size_t n) { return static_cast<std::uint32_t>(_random() % n); }

    const dataplane_fixture::endpoint& any() {
        const dataplane_fixture::endpoint* all[] = {&_host.local_a, &_host.local_b, &_host.remote_4,
                                                    &_host.remote_6, &_host.lost};
        return *all[below(5)];
    }

    bytes frame() {
        const auto& from = any();
        const auto& to = any();
        const int family = below(2) == 0 ? 4 : 6;
        switch (below(6)) {
            case 0:
                return ethernet(mac_address::broadcast(), from.mac, 0x0806,
                                arp(1, from.mac, from.v4, mac_address(), to.v4));
            case 1:
                return ethernet(multicast_mac(solicited_node(to.v6)), from.mac, 0x86dd,
                                neighbour_solicitation(from.mac, from.v6, solicited_node(to.v6), to.v6));
            case 2:
                return ethernet(mac_address::broadcast(), from.mac, 0x0800, udp_packet(from.v4, to.v4));
            case 3:
                return udp_frame(from, to, family, 1300 + below(300));
            default:
                return udp_frame(from, to, family, below(100), static_cast<std::uint8_t>(below(256)));
        }
    }

    bytes packet() {
        outer_fields outer = _host.from_peer(below(2) == 0 ? _host.peer_v4 : _host.peer_v6);
        outer.tos = static_cast<std::uint8_t>(below(256));
        return tunnelled(outer, below(2) == 0 ? 7000 : 8000, frame());
    }

    /// Datagrams in one piece, each counted.
    frame_in several() {
        const std::size_t count = 1 + below(80);
        bytes all;
        for (std::size_t i = 0; i < count; ++i) {
            bytes one = damaged(vxlan(below(2) == 0 ? 7000 : 8000, frame()));
            one.resize(i + 1 == count ? 1 + below(200) : 200);
            all.insert(all.end(), one.begin(), one.end());
        }
        _in += count - 1;
        const outer_fields outer = _host.from_peer(below(2) == 0 ? _host.peer_v4 : _host.peer_v6);
        const bool v4 = outer.source.is_v4();
        const bytes datagram = udp(outer.source, outer.destination, 50000, 4789, all, checksum::partial);
        return {ethernet(outer.destination_mac, outer.source_mac, v4 ? 0x0800 : 0x86dd,
                         ip_packet(outer.source, outer.destination, 17, datagram)),
                packet_offload{.checksum_start = static_cast<std::uint16_t>(v4 ? 34 : 54),
                               .checksum_offset = 6,
                               .segment_size = 200,
                               .kind = segmentation::udp,
                               .partial_checksum = 1}};
    }

    bytes damaged(bytes content) {
        if (below(2) == 0) return content;
        if (below(4) == 0) content.resize(below(content.size() + 1));
        for (std::uint32_t n = below(3); n != 0 && !content.empty(); --n)
            content[below(std::min<std::size_t>(content.size(), 120))] ^=
                static_cast<std::uint8_t>(1 << below(8));
        return content;
    }

    void check() {
        std::uint64_t dropped = 0;
        for (const auto& [name, count] : _host.drops()) dropped += count;
        std::uint64_t copies = 0;
        for (const overlay_index overlay : {_host.red, _host.blue}) {
            copies += _host.counters(overlay).replicated_packets.read();
            // An answered frame counts as dropped; its answer leaves.
            copies += _host.counters(overlay).drops[static_cast<std::size_t>(drop_reason::oversize)].read();
        }
        EXPECT_EQ(_in + copies, _out + dropped);
        EXPECT_EQ(_host.pool.in_use(), 0U);
    }

    std::mt19937_64 _random;
    dataplane_fixture _host;
    std::uint64_t _in = 0;
    std::uint64_t _out = 0;
};

TEST(conservation, every_packet_leaves_or_is_counted_once) {
    const unsigned seed = std::random_device()();
    RecordProperty("seed", std::to_string(seed));
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    random_traffic(seed).run(3'000);
}

}  // namespace
}  // namespace waggle::test
