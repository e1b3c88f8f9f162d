#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

/// The frames of a packet-generator run, written and checked byte by byte here: the checker shares no code
/// with the dataplane that it judges. The run's YAML is made from the same numbers by `run`.
namespace waggle::pktgen {

using mac_bytes = std::array<std::uint8_t, 6>;

/// What both sides of the run agreed on.
struct agreement {
    unsigned entries = 10000;
    unsigned vteps = 16;
    std::uint32_t vni = 4097;
    std::uint16_t udp_port = 4789;
    /// The dataplane's underlay MAC and the next hop's.
    mac_bytes local_mac{};
    mac_bytes next_hop_mac{};
};

/// Of this host, and of the VTEP of `flow`: 192.0.2.16 and onwards; `run` counts the same way.
inline constexpr std::uint32_t local_vtep = 0xc000'0201U;
inline std::uint32_t vtep_address(const agreement& agreed, unsigned flow) {
    return 0xc000'0210U + flow % agreed.vteps;
}

/// Inner Ethernet + IPv4 + UDP, then magic (4), flow (4) and a time stamp (8).
inline constexpr std::size_t payload_offset = 42;
inline constexpr std::size_t smallest_frame = payload_offset + 16;
/// Outer Ethernet + IPv4 + UDP + VXLAN.
inline constexpr std::size_t outer_length = 50;

/// Writes the inner frame of `flow`: from the application (10.1.0.1) to remote endpoint `flow`, or back.
void write_inner(std::span<std::uint8_t> frame, unsigned flow, bool from_application);

/// Writes an outer header in front of an inner frame of `inner_length` bytes, from the VTEP of `flow` to us.
void write_outer(std::span<std::uint8_t, outer_length> header, const agreement& agreed, unsigned flow,
                 std::size_t inner_length);

/// Time stamp and flow in a frame that starts at `inner`.
void stamp(std::uint8_t* inner, std::uint64_t ticks);
std::uint64_t stamp_of(const std::uint8_t* inner);
unsigned flow_of(const std::uint8_t* inner);

/// True if a tunnelled frame is what the dataplane had to make of an inner frame of `inner_length` bytes.
/// `thorough`: the IPv4 header checksum and every inner byte as well.
bool check_tunnelled(std::span<const std::uint8_t> packet, const agreement& agreed, std::size_t inner_length,
                     bool thorough);

/// True if an inner frame came out of the tunnel as it went in.
bool check_inner(std::span<const std::uint8_t> frame, const agreement& agreed, std::size_t inner_length,
                 bool thorough);

}  // namespace waggle::pktgen
