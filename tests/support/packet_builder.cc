#include "tests/support/packet_builder.hh"

#include <cstdio>
#include <cstdlib>

namespace waggle::test {
namespace {

void put8(bytes& out, std::uint64_t value) {
    out.push_back(static_cast<std::uint8_t>(value));
}
void put16(bytes& out, std::uint64_t value) {
    put8(out, value >> 8);
    put8(out, value);
}
void put32(bytes& out, std::uint64_t value) {
    put16(out, value >> 16);
    put16(out, value);
}
void put(bytes& out, std::span<const std::uint8_t> data) {
    out.insert(out.end(), data.begin(), data.end());
}
void put(bytes& out, const mac_address& address) {
    put(out, std::span<const std::uint8_t>(address.bytes()));
}
void put(bytes& out, const ip_address& address) {
    put(out, address.wire_bytes());
}
void set16(bytes& out, std::size_t at, std::uint16_t value) {
    out[at] = static_cast<std::uint8_t>(value >> 8);
    out[at + 1] = static_cast<std::uint8_t>(value);
}

std::uint16_t folded_sum(std::span<const std::uint8_t> data) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < data.size(); ++i)
        sum += static_cast<std::uint64_t>(data[i]) << (i % 2 == 0 ? 8 : 0);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(sum);
}

bytes pseudo_header(const ip_address& source, const ip_address& destination, std::uint8_t protocol,
                    std::size_t length) {
    bytes out;
    put(out, source);
    put(out, destination);
    put32(out, length);
    put32(out, protocol);
    return out;
}

void fill_checksum(bytes& segment, std::size_t at, const ip_address& source, const ip_address& destination,
                   std::uint8_t protocol, checksum sum) {
    if (sum == checksum::zero) return;
    if (sum == checksum::partial)
        return set16(segment, at, pseudo_header_sum(source, destination, protocol, segment.size()));
    bytes covered = pseudo_header(source, destination, protocol, segment.size());
    put(covered, segment);
    std::uint16_t value = internet_checksum(covered);
    if (value == 0 && protocol == 17) value = 0xffff;
    set16(segment, at, value);
}

[[noreturn]] void fail(std::string_view text) {
    std::fprintf(stderr, "not an address: %.*s\n", static_cast<int>(text.size()), text.data());
    std::abort();
}

}  // namespace

mac_address mac(std::string_view text) {
    const auto parsed = mac_address::parse(text);
    return parsed ? *parsed : (fail(text), mac_address());
}

ip_address ip(std::string_view text) {
    const auto parsed = ip_address::parse(text);
    return parsed ? *parsed : (fail(text), ip_address());
}

bytes concatenated(std::initializer_list<bytes> parts) {
    bytes out;
    for (const bytes& part : parts) put(out, part);
    return out;
}

bytes pattern(std::size_t count) {
    bytes out(count);
    for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<std::uint8_t>(i);
    return out;
}

std::uint16_t internet_checksum(std::span<const std::uint8_t> data) {
    return static_cast<std::uint16_t>(~folded_sum(data));
}

std::uint16_t pseudo_header_sum(const ip_address& source, const ip_address& destination,
                                std::uint8_t protocol, std::size_t length) {
    return folded_sum(pseudo_header(source, destination, protocol, length));
}

bytes ethernet(const mac_address& destination, const mac_address& source, std::uint16_t type,
               const bytes& payload) {
    bytes out;
    put(out, destination);
    put(out, source);
    put16(out, type);
    put(out, payload);
    return out;
}

bytes tagged_ethernet(const mac_address& destination, const mac_address& source, std::uint16_t type,
                      const bytes& payload) {
    bytes tagged;
    put16(tagged, 7);
    put16(tagged, type);
    put(tagged, payload);
    return ethernet(destination, source, 0x8100, tagged);
}

bytes ipv4(const ip_address& source, const ip_address& destination, std::uint8_t protocol,
           const bytes& payload, const ipv4_fields& fields) {
    const std::size_t header = 20 + fields.options.size();
    bytes out;
    put8(out, 0x40 | header / 4);
    put8(out, fields.tos);
    put16(out, header + payload.size());
    put16(out, fields.id);
    put16(out, fields.fragment);
    put8(out, fields.ttl);
    put8(out, protocol);
    put16(out, 0);
    put(out, source);
    put(out, destination);
    put(out, fields.options);
    set16(out, 10, internet_checksum(out));
    put(out, payload);
    return out;
}

bytes ipv6(const ip_address& source, const ip_address& destination, std::uint8_t next_header,
           const bytes& payload, const ipv6_fields& fields) {
    bytes out;
    put32(out, 6U << 28 | std::uint32_t{fields.traffic_class} << 20 | fields.flow_label);
    put16(out, payload.size());
    put8(out, next_header);
    put8(out, fields.hop_limit);
    put(out, source);
    put(out, destination);
    put(out, payload);
    return out;
}

bytes ip_packet(const ip_address& source, const ip_address& destination, std::uint8_t protocol,
                const bytes& payload, std::uint8_t tos) {
    if (source.is_v4()) return ipv4(source, destination, protocol, payload, {.tos = tos, .options = {}});
    return ipv6(source, destination, protocol, payload, {.traffic_class = tos});
}

bytes udp(const ip_address& source, const ip_address& destination, std::uint16_t source_port,
          std::uint16_t destination_port, const bytes& payload, checksum sum) {
    bytes out;
    put16(out, source_port);
    put16(out, destination_port);
    put16(out, 8 + payload.size());
    put16(out, 0);
    put(out, payload);
    fill_checksum(out, 6, source, destination, 17, sum);
    return out;
}

bytes tcp(const ip_address& source, const ip_address& destination, std::uint16_t source_port,
          std::uint16_t destination_port, const bytes& payload, const tcp_fields& fields, checksum sum) {
    bytes out;
    put16(out, source_port);
    put16(out, destination_port);
    put32(out, fields.sequence);
    put32(out, fields.acknowledgement);
    put8(out, (5 + fields.options.size() / 4) << 4);
    put8(out, fields.flags);
    put16(out, fields.window);
    put32(out, 0);
    put(out, fields.options);
    put(out, payload);
    fill_checksum(out, 16, source, destination, 6, sum);
    return out;
}

bytes icmp_v4(std::uint8_t type, std::uint8_t code, std::uint32_t rest, const bytes& payload) {
    bytes out;
    put8(out, type);
    put8(out, code);
    put16(out, 0);
    put32(out, rest);
    put(out, payload);
    set16(out, 2, internet_checksum(out));
    return out;
}

bytes icmp_v6(const ip_address& source, const ip_address& destination, std::uint8_t type, std::uint8_t code,
              std::uint32_t rest, const bytes& payload) {
    bytes out;
    put8(out, type);
    put8(out, code);
    put16(out, 0);
    put32(out, rest);
    put(out, payload);
    fill_checksum(out, 2, source, destination, 58, checksum::full);
    return out;
}

bytes arp(std::uint16_t operation, const mac_address& sender_mac, const ip_address& sender_ip,
          const mac_address& target_mac, const ip_address& target_ip) {
    bytes out;
    put16(out, 1);
    put16(out, 0x0800);
    put8(out, 6);
    put8(out, 4);
    put16(out, operation);
    put(out, sender_mac);
    put(out, sender_ip);
    put(out, target_mac);
    put(out, target_ip);
    return out;
}

bytes neighbour_solicitation(const mac_address& source_mac, const ip_address& source,
                             const ip_address& destination, const ip_address& target) {
    bytes body;
    put(body, target);
    if (source != ip_address()) {
        put16(body, 0x0101);
        put(body, source_mac);
    }
    return ipv6(source, destination, 58, icmp_v6(source, destination, 135, 0, 0, body), {.hop_limit = 255});
}

bytes neighbour_advertisement(const ip_address& source, const ip_address& destination, std::uint8_t flags,
                              const ip_address& target, const mac_address& target_mac) {
    bytes body;
    put(body, target);
    put16(body, 0x0201);
    put(body, target_mac);
    return ipv6(source, destination, 58,
                icmp_v6(source, destination, 136, 0, std::uint32_t{flags} << 24, body), {.hop_limit = 255});
}

ip_address solicited_node(const ip_address& target) {
    bytes out = bytes(target.bytes().begin(), target.bytes().end());
    const bytes prefix{0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff};
    std::copy(prefix.begin(), prefix.end(), out.begin());
    return ip_address::load_v6(out.data());
}

mac_address multicast_mac(const ip_address& group) {
    bytes out{0x33, 0x33};
    put(out, std::span(group.bytes()).subspan(12));
    return mac_address::load(out.data());
}

bytes vxlan(std::uint32_t vni, const bytes& frame, std::uint8_t flags) {
    bytes out;
    put32(out, std::uint32_t{flags} << 24);
    put32(out, vni << 8);
    put(out, frame);
    return out;
}

bytes tunnelled(const outer_fields& outer, std::uint32_t vni, const bytes& frame) {
    const bytes datagram = udp(outer.source, outer.destination, outer.source_port, outer.destination_port,
                               vxlan(vni, frame), outer.sum);
    if (outer.source.is_v4())
        return ethernet(outer.destination_mac, outer.source_mac, 0x0800,
                        ipv4(outer.source, outer.destination, 17, datagram,
                             {.tos = outer.tos, .id = outer.id, .fragment = outer.fragment, .options = {}}));
    return ethernet(outer.destination_mac, outer.source_mac, 0x86dd,
                    ipv6(outer.source, outer.destination, 17, datagram, {.traffic_class = outer.tos}));
}

std::uint16_t read16(const bytes& packet, std::size_t at) {
    return static_cast<std::uint16_t>(packet.at(at) << 8 | packet.at(at + 1));
}

std::string hex(std::span<const std::uint8_t> packet) {
    std::string out;
    char text[4];
    for (std::size_t i = 0; i < packet.size(); ++i) {
        std::snprintf(text, sizeof text, "%02x", packet[i]);
        out += text;
        out += i % 16 == 15 ? '\n' : ' ';
    }
    return out;
}

}  // namespace waggle::test
