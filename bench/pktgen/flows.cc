#include "bench/pktgen/flows.hh"

#include <algorithm>
#include <cstring>
#include <vector>

#include "bench/pktgen/bytes.hh"

namespace waggle::pktgen {

namespace {

constexpr std::uint32_t magic = 0x77616767;

/// 10.64.0.0 and onwards; `run` counts the same way.
std::uint32_t endpoint_address(unsigned flow) {
    return 0x0a40'0000U + flow + 1;
}

constexpr std::uint32_t application_address = 0x0a00'0001U;

void put_mac(std::uint8_t* to, std::uint32_t address) {
    put16(to, 0x0242);
    put32(to + 2, address);
}

void put_ipv4_udp(std::uint8_t* ip, std::size_t length, std::uint32_t from, std::uint32_t to,
                  unsigned source_port, unsigned destination_port) {
    std::memset(ip, 0, 28);
    ip[0] = 0x45;
    put16(ip + 2, static_cast<unsigned>(length));
    ip[8] = 64;
    ip[9] = 17;
    put32(ip + 12, from);
    put32(ip + 16, to);
    put16(ip + 10, header_checksum(ip));
    put16(ip + 20, source_port);
    put16(ip + 22, destination_port);
    put16(ip + 24, static_cast<unsigned>(length - 20));
}

}  // namespace

void write_inner(std::span<std::uint8_t> frame, unsigned flow, bool from_application) {
    const std::uint32_t remote = endpoint_address(flow);
    const std::uint32_t source = from_application ? application_address : remote;
    const std::uint32_t destination = from_application ? remote : application_address;
    put_mac(frame.data(), destination);
    put_mac(frame.data() + 6, source);
    put16(frame.data() + 12, 0x0800);
    put_ipv4_udp(frame.data() + 14, frame.size() - 14, source, destination, 1024 + flow % 50000, 9);
    std::uint8_t* payload = frame.data() + payload_offset;
    put32(payload, magic);
    put32(payload + 4, flow);
    for (std::size_t i = smallest_frame; i < frame.size(); ++i)
        frame[i] = static_cast<std::uint8_t>(i + flow);
}

void write_outer(std::span<std::uint8_t, outer_length> header, const agreement& agreed, unsigned flow,
                 std::size_t inner_length) {
    std::ranges::copy(agreed.local_mac, header.begin());
    std::ranges::copy(agreed.next_hop_mac, header.begin() + 6);
    put16(&header[12], 0x0800);
    put_ipv4_udp(&header[14], inner_length + 36, vtep_address(agreed, flow), local_vtep, 49152 + flow % 16384,
                 agreed.udp_port);
    put32(&header[42], 0x0800'0000);
    put32(&header[46], agreed.vni << 8);
}

void stamp(std::uint8_t* inner, std::uint64_t ticks) {
    std::memcpy(inner + payload_offset + 8, &ticks, sizeof ticks);
}

std::uint64_t stamp_of(const std::uint8_t* inner) {
    std::uint64_t ticks;
    std::memcpy(&ticks, inner + payload_offset + 8, sizeof ticks);
    return ticks;
}

unsigned flow_of(const std::uint8_t* inner) {
    return get32(inner + payload_offset + 4);
}

bool check_tunnelled(std::span<const std::uint8_t> packet, const agreement& agreed, std::size_t inner_length,
                     bool thorough) {
    if (packet.size() != inner_length + outer_length) return false;
    const std::uint8_t* outer = packet.data();
    const std::uint8_t* inner = outer + outer_length;
    const unsigned flow = flow_of(inner);
    if (get32(inner + payload_offset) != magic || flow >= agreed.entries) return false;
    if (!std::equal(agreed.next_hop_mac.begin(), agreed.next_hop_mac.end(), outer) ||
        !std::equal(agreed.local_mac.begin(), agreed.local_mac.end(), outer + 6))
        return false;
    if (get16(outer + 12) != 0x0800 || outer[14] != 0x45 || outer[23] != 17) return false;
    if (get16(outer + 16) != packet.size() - 14 || get16(outer + 38) != packet.size() - 34) return false;
    if (get32(outer + 26) != local_vtep || get32(outer + 30) != vtep_address(agreed, flow)) return false;
    if (get16(outer + 34) < 49152 || get16(outer + 36) != agreed.udp_port) return false;
    if (get32(outer + 42) != 0x0800'0000 || get32(outer + 46) != agreed.vni << 8) return false;
    if (!thorough) return true;
    if (header_checksum(outer + 14) != 0) return false;
    std::vector<std::uint8_t> expected(inner_length);
    write_inner(expected, flow, true);
    stamp(expected.data(), stamp_of(inner));
    return std::equal(expected.begin(), expected.end(), inner);
}

bool check_inner(std::span<const std::uint8_t> frame, const agreement& agreed, std::size_t inner_length,
                 bool thorough) {
    if (frame.size() != inner_length) return false;
    const unsigned flow = flow_of(frame.data());
    if (get32(frame.data() + payload_offset) != magic || flow >= agreed.entries) return false;
    if (get32(frame.data() + 26) != endpoint_address(flow)) return false;
    if (get32(frame.data() + 30) != application_address) return false;
    if (!thorough) return true;
    std::vector<std::uint8_t> expected(inner_length);
    write_inner(expected, flow, false);
    stamp(expected.data(), stamp_of(frame.data()));
    return std::equal(expected.begin(), expected.end(), frame.data());
}

}  // namespace waggle::pktgen
