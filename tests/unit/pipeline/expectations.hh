#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/dataplane_fixture.hh"

namespace waggle::test {

using drop_counts = std::map<std::string, std::uint64_t>;

/// One row of a table: a frame goes in, and exactly one thing happens.
struct drop_case {
    std::string description;
    frame_in in;
    std::string reason;
};

inline void expect_bytes(const bytes& actual, const bytes& expected) {
    EXPECT_EQ(actual, expected) << "is\n" << hex(actual) << "\nshould be\n" << hex(expected);
}

/// UDP source port of a tunnelled packet with an outer header without options.
inline std::uint16_t outer_source_port(const bytes& packet) {
    return read16(packet, read16(packet, 12) == 0x0800 ? 34 : 54);
}

/// The packet is `frame` in a tunnel to `peer`; its source port may be any of the flow hash's range.
inline void expect_tunnelled(const dataplane_fixture& host, const sent_frame& actual, const ip_address& peer,
                             std::uint32_t vni, const bytes& frame, std::uint8_t tos = 0,
                             std::uint16_t id = 0) {
    EXPECT_EQ(actual.port, dataplane_fixture::underlay);
    EXPECT_FALSE(actual.offload_pending);
    ASSERT_GT(actual.content.size(), 62U);
    outer_fields outer = host.to_peer(peer);
    outer.source_port = outer_source_port(actual.content);
    outer.tos = tos;
    outer.id = id;
    EXPECT_GE(outer.source_port, 49152);
    expect_bytes(actual.content, tunnelled(outer, vni, frame));
}

/// Every mbuf is back in the pool.
inline void expect_no_leak(const dataplane_fixture& host) {
    EXPECT_EQ(host.pool.in_use(), 0U);
}

/// A UDP datagram between two endpoints; the family by `source`.
inline bytes udp_packet(const ip_address& source, const ip_address& destination, std::size_t payload = 18,
                        std::uint8_t tos = 0) {
    return ip_packet(source, destination, 17, udp(source, destination, 4000, 5000, pattern(payload)), tos);
}

inline bytes udp_frame(const dataplane_fixture::endpoint& from, const dataplane_fixture::endpoint& to,
                       int family = 4, std::size_t payload = 18, std::uint8_t tos = 0) {
    return ethernet(to.mac, from.mac, family == 4 ? 0x0800 : 0x86dd,
                    udp_packet(from.ip(family), to.ip(family), payload, tos));
}

}  // namespace waggle::test
