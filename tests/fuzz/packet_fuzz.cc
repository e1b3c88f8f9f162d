#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>

#include "dataplane/packet/arp_answer.hh"
#include "dataplane/packet/ecn.hh"
#include "dataplane/packet/neighbour_discovery_answer.hh"
#include "dataplane/packet/outer_packet.hh"
#include "dataplane/packet/oversize.hh"
#include "dataplane/packet/virtio_net_header.hh"
#include "dataplane/packet/vxlan.hh"
#include "dataplane/segment/cut_plan.hh"
#include "tests/fuzz/require.hh"

namespace waggle {
namespace {

/// On the heap without a byte to spare: a read or write past either end is seen.
struct exact_copy {
    exact_copy(const std::uint8_t* from, std::size_t length, std::size_t headroom = 0,
               std::size_t tailroom = 0)
        : size(headroom + length + tailroom), bytes(new std::uint8_t[size]()) {
        std::copy(from, from + length, bytes.get() + headroom);
    }
    std::size_t size;
    std::unique_ptr<std::uint8_t[]> bytes;
};

/// An IPv4 packet made by us: as long as it says and with a right header checksum.
void require_ipv4(const std::uint8_t* frame, std::size_t length) {
    const auto& ip = header_at<ipv4_header>(frame + l3_offset);
    require(l3_offset + ip.total_length.host() == length);
    require(checksum_valid(checksum_add(&ip, ip.header_length())));
}

void require_transport(const std::uint8_t* frame, std::size_t offset, std::size_t length,
                       checksum_sum pseudo) {
    require(checksum_valid(checksum_add(frame + offset, length - offset, pseudo)));
}

/// ICMPv6, TCP or UDP right up to `length`.
void require_ipv6(const std::uint8_t* frame, std::size_t offset, std::size_t length, std::uint8_t protocol) {
    const auto& ip = header_at<ipv6_header>(frame + l3_offset);
    require(l3_offset + sizeof ip + ip.payload_length.host() == length);
    require_transport(frame, offset, length,
                      checksum_pseudo_v6(&ip.source, protocol, static_cast<std::uint32_t>(length - offset)));
}

void check_arp(const std::uint8_t* data, std::size_t size) {
    const exact_copy frame(data, size);
    const arp_message message = classify_arp(frame.bytes.get(), size);
    if (message.kind != arp_kind::request && message.kind != arp_kind::probe) return;
    const std::size_t length = build_arp_reply(frame.bytes.get(), mac_address::from_u64(0x0242'0a00'0005));
    require(length <= size);
    const arp_message reply = classify_arp(frame.bytes.get(), length);
    require(reply.kind == arp_kind::reply || reply.kind == arp_kind::announcement);
    require(reply.unicast && reply.sender == message.target && reply.target == message.sender);
}

void check_neighbour(const std::uint8_t* data, std::size_t size, const inner_frame& parsed) {
    const neighbour_request request = classify_neighbour(data, parsed, (size & 1) != 0);
    if (request.kind != neighbour_kind::solicitation && request.kind != neighbour_kind::probe) return;
    require(request.target.bytes()[0] != 0xff);
    const std::size_t kept = std::min(size, neighbour_advertisement_length);
    const exact_copy answer(data, kept, 0, neighbour_advertisement_length - kept);
    build_neighbour_advertisement(answer.bytes.get(), request, mac_address::from_u64(0x0242'0a00'0005));
    require_ipv6(answer.bytes.get(), l3_offset + sizeof(ipv6_header), answer.size, ip_protocol::icmpv6);
    const auto again =
        classify_neighbour(answer.bytes.get(), parse_inner_frame(answer.bytes.get(), answer.size), false);
    require(again.kind == neighbour_kind::advertisement && again.target == request.target);
}

void check_oversize(const std::uint8_t* data, std::size_t size, const inner_frame& parsed,
                    std::uint8_t choice) {
    const std::size_t headroom = choice & 63;
    const exact_copy frame(data, size, headroom, choice >> 6);
    frame_window window{frame.bytes.get(), frame.size, headroom, size};
    const auto mtu = static_cast<std::uint16_t>(choice * 256);
    if (!answer_oversize(window, parsed, mtu)) {
        require(window.offset == headroom && window.length == size);
        require(std::memcmp(window.frame(), data, size) == 0);
        return;
    }
    require(window.offset + window.length <= window.capacity);
    const std::uint8_t* answer = window.frame();
    if (parsed.kind == frame_kind::ipv4) {
        require_ipv4(answer, window.length);
        require(window.length <= l3_offset + 576);
        require_transport(answer, l3_offset + sizeof(ipv4_header), window.length, 0);
    } else {
        require(window.length <= l3_offset + ipv6_minimum_mtu);
        require_ipv6(answer, l3_offset + sizeof(ipv6_header), window.length, ip_protocol::icmpv6);
    }
    // An answer is never answered.
    frame_window second = window;
    require(!answer_oversize(second, parse_inner_frame(answer, window.length), mtu));
}

void check_ecn(const std::uint8_t* data, std::size_t size, const inner_frame& parsed, std::uint8_t choice) {
    const exact_copy frame(data, size);
    std::uint8_t* l3 = frame.bytes.get() + l3_offset;
    const ecn to = ecn_decapsulate(ecn_of(parsed.tos), ecn_of(choice)).inner;
    if (parsed.kind == frame_kind::ipv4) {
        const auto& ip = header_at<ipv4_header>(l3);
        const bool valid = checksum_valid(checksum_add(l3, ip.header_length()));
        set_ecn(header_at<ipv4_header>(l3), to);
        require(checksum_valid(checksum_add(l3, ip.header_length())) == valid);
    } else {
        set_ecn(header_at<ipv6_header>(l3), to);
    }
    const inner_frame again = parse_inner_frame(frame.bytes.get(), size);
    require(again.tos == ((parsed.tos & 0xfc) | static_cast<std::uint8_t>(to)));
    require(again.flow_hash == parsed.flow_hash && again.l4_offset == parsed.l4_offset);
}

void check_cut(const std::uint8_t* data, std::size_t size, const packet_offload& offload) {
    cut_plan plan;
    if (!plan.read(data, size, offload)) return;
    std::size_t payload = 0;
    for (std::uint32_t index = 0; index < plan.pieces(); ++index) {
        const std::uint32_t length = plan.piece_length(index);
        payload += length - plan.header_length();
        // Thousands of pieces alike would only cost time.
        if (index >= 16 && index + 16 < plan.pieces()) continue;
        const exact_copy piece(data, 0, 0, length);
        plan.write(index, piece.bytes.get());
        const inner_frame parsed = parse_inner_frame(piece.bytes.get(), length);
        require(l3_offset + parsed.ip_length == length && parsed.ip_length <= plan.largest_packet());
        // Longer chains of extension headers are cut than the parser walks.
        if (parsed.l4_offset != 0) {
            const auto& v4 = header_at<ipv4_header>(piece.bytes.get() + l3_offset);
            if (parsed.kind == frame_kind::ipv4) {
                require_ipv4(piece.bytes.get(), length);
                require_transport(piece.bytes.get(), parsed.l4_offset, length,
                                  checksum_pseudo_v4(&v4.source, parsed.protocol, length - parsed.l4_offset));
            } else {
                require_ipv6(piece.bytes.get(), parsed.l4_offset, length, parsed.protocol);
            }
        }
    }
    require(plan.header_length() + payload <= size);
}

void check_offload(const std::uint8_t* data, std::size_t size, const inner_frame& parsed,
                   const virtio_net_header& header) {
    packet_offload offload;
    if (!read_virtio_header(header, size, offload)) return;
    check_cut(data, size, offload);
    const exact_copy frame(data, size);
    if (offload_fits(offload, frame.bytes.get(), size, parsed)) {
        packet_offload again;
        const virtio_net_header out = make_virtio_header(offload, frame.bytes.get(), size);
        require(read_virtio_header(out, size, again));
        require(std::memcmp(&again, &offload, sizeof again) == 0);
    }
    if (offload.partial_checksum != 0) complete_checksum(offload, frame.bytes.get(), size);
}

void check_inner(const std::uint8_t* data, std::size_t size, const virtio_net_header& header,
                 std::uint8_t choice) {
    if (size < sizeof(ethernet_header)) return;
    const exact_copy frame(data, size);
    const inner_frame parsed = parse_inner_frame(frame.bytes.get(), size);
    require(source_port(parsed.flow_hash).host() >= 49152);
    if (parsed.kind == frame_kind::arp) check_arp(frame.bytes.get(), size);
    if (parsed.kind == frame_kind::ipv6) check_neighbour(frame.bytes.get(), size, parsed);
    if (parsed.kind == frame_kind::ipv4 || parsed.kind == frame_kind::ipv6) {
        require(l3_offset + parsed.ip_length <= size);
        require(parsed.l4_offset <= l3_offset + parsed.ip_length);
        check_ecn(frame.bytes.get(), size, parsed, choice);
    }
    check_oversize(frame.bytes.get(), size, parsed, choice);
    check_offload(frame.bytes.get(), size, parsed, header);
}

void check_outer(const std::uint8_t* data, std::size_t size, const virtio_net_header& header,
                 std::uint8_t choice) {
    const exact_copy packet(data, size);
    const outer_packet parsed = parse_outer_packet(packet.bytes.get(), size);
    if (parsed.verdict != outer_verdict::udp) return;
    (void)parsed.source();
    (void)parsed.destination();
    require(parsed.payload_offset + std::size_t{parsed.payload_length} <= size);
    if (parsed.payload_length < sizeof(vxlan_header)) return;
    const std::uint8_t* vxlan = packet.bytes.get() + parsed.payload_offset;
    (void)header_at<vxlan_header>(vxlan).id();
    check_inner(vxlan + sizeof(vxlan_header), parsed.payload_length - sizeof(vxlan_header), header, choice);
}

}  // namespace
}  // namespace waggle

/// One byte of choices, a virtio-net header, then a packet that is read both as a container's frame and as
/// one from the underlay.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace waggle;
    virtio_net_header header;
    if (size < 1 + sizeof header || size > 65549) return 0;
    const std::uint8_t choice = *data;
    std::memcpy(&header, data + 1, sizeof header);
    const std::uint8_t* packet = data + 1 + sizeof header;
    const std::size_t length = size - 1 - sizeof header;
    check_inner(packet, length, header, choice);
    check_outer(packet, length, header, choice);
    return 0;
}
