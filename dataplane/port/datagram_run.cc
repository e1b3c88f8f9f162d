#include "dataplane/port/datagram_run.hh"

#include <algorithm>
#include <cstring>

#include <rte_mbuf.h>

#include "dataplane/packet/checksum.hh"
#include "dataplane/packet/ipv4.hh"
#include "dataplane/packet/packet_offload.hh"

namespace waggle {
namespace {

constexpr std::size_t udp_offset_v4 = l3_offset + sizeof(ipv4_header);
constexpr std::size_t udp_offset_v6 = l3_offset + sizeof(ipv6_header);

bool same_bytes(const std::uint8_t* a, const std::uint8_t* b, std::size_t from, std::size_t to) {
    return std::memcmp(a + from, b + from, to - from) == 0;
}

/// Lengths in the headers are those of the frame.
bool has_udp_length(const std::uint8_t* frame, std::size_t udp_offset, std::size_t length) {
    return header_at<udp_header>(frame + udp_offset).length ==
           be16(static_cast<std::uint16_t>(length - udp_offset));
}
bool has_v4_lengths(const std::uint8_t* frame, std::size_t length) {
    return header_at<ipv4_header>(frame + l3_offset).total_length ==
               be16(static_cast<std::uint16_t>(length - l3_offset)) &&
           has_udp_length(frame, udp_offset_v4, length);
}
bool has_v6_lengths(const std::uint8_t* frame, std::size_t length) {
    return header_at<ipv6_header>(frame + l3_offset).payload_length ==
               be16(static_cast<std::uint16_t>(length - udp_offset_v6)) &&
           has_udp_length(frame, udp_offset_v6, length);
}

/// Length of the headers of a UDP datagram that may begin a run; 0 of anything else.
std::size_t headers_of(const rte_mbuf* packet) {
    const std::size_t length = packet->data_len;
    if (packet->nb_segs != 1 || has_offload(packet) || length <= udp_offset_v4 + sizeof(udp_header)) return 0;
    const auto* frame = rte_pktmbuf_mtod(packet, const std::uint8_t*);
    const be16 type = header_at<ethernet_header>(frame).type;
    if (type == be16(ethertype::ipv4)) {
        const auto& ip = header_at<ipv4_header>(frame + l3_offset);
        const bool plain = ip.version() == 4 && ip.header_length() == sizeof ip &&
                           ip.protocol == ip_protocol::udp &&
                           (ip.fragment.host() & (ipv4_more_fragments | ipv4_fragment_offset)) == 0;
        return plain && has_v4_lengths(frame, length) ? udp_offset_v4 + sizeof(udp_header) : 0;
    }
    if (type != be16(ethertype::ipv6) || length <= udp_offset_v6 + sizeof(udp_header)) return 0;
    const auto& ip = header_at<ipv6_header>(frame + l3_offset);
    const bool plain = ip.version() == 6 && ip.next_header == ip_protocol::udp;
    return plain && has_v6_lengths(frame, length) ? udp_offset_v6 + sizeof(udp_header) : 0;
}

/// True if `b` has the headers that a cut would give to the datagram `distance` behind `a`.
bool follows_v4(const std::uint8_t* a, const std::uint8_t* b, std::size_t b_length, unsigned distance) {
    constexpr std::size_t ip = l3_offset;
    const std::uint16_t id = header_at<ipv4_header>(a + ip).id.host();
    return same_bytes(a, b, 0, ip + offsetof(ipv4_header, total_length)) &&
           same_bytes(a, b, ip + offsetof(ipv4_header, fragment), ip + offsetof(ipv4_header, checksum)) &&
           same_bytes(a, b, ip + offsetof(ipv4_header, source),
                      udp_offset_v4 + offsetof(udp_header, length)) &&
           header_at<ipv4_header>(b + ip).id == be16(static_cast<std::uint16_t>(id + distance)) &&
           has_v4_lengths(b, b_length);
}
bool follows_v6(const std::uint8_t* a, const std::uint8_t* b, std::size_t b_length) {
    return same_bytes(a, b, 0, l3_offset + offsetof(ipv6_header, payload_length)) &&
           same_bytes(a, b, l3_offset + offsetof(ipv6_header, next_header),
                      udp_offset_v6 + offsetof(udp_header, length)) &&
           has_v6_lengths(b, b_length);
}

bool follows(const datagram_run& run, const std::uint8_t* first, const rte_mbuf* next) {
    if (next->nb_segs != 1 || has_offload(next) || next->data_len <= run.header_length ||
        next->data_len > run.header_length + run.payload)
        return false;
    const auto* frame = rte_pktmbuf_mtod(next, const std::uint8_t*);
    return run.header_length == udp_offset_v4 + sizeof(udp_header)
               ? follows_v4(first, frame, next->data_len, run.frames)
               : follows_v6(first, frame, next->data_len);
}

/// The lengths of the whole, and in the UDP header the pseudo header's sum.
void write_lengths_v4(std::uint8_t* frame, std::uint32_t length) {
    auto& ip = header_at<ipv4_header>(frame + l3_offset);
    const be16 before = ip.total_length;
    ip.total_length = be16(static_cast<std::uint16_t>(length - l3_offset));
    ip.checksum = checksum_update(ip.checksum, before, ip.total_length);
    auto& udp = header_at<udp_header>(frame + udp_offset_v4);
    udp.length = be16(static_cast<std::uint16_t>(length - udp_offset_v4));
    udp.checksum =
        be16::from_raw(checksum_fold(checksum_pseudo_v4(&ip.source, ip_protocol::udp, udp.length.host())));
}
void write_lengths_v6(std::uint8_t* frame, std::uint32_t length) {
    auto& ip = header_at<ipv6_header>(frame + l3_offset);
    ip.payload_length = be16(static_cast<std::uint16_t>(length - udp_offset_v6));
    auto& udp = header_at<udp_header>(frame + udp_offset_v6);
    udp.length = ip.payload_length;
    udp.checksum =
        be16::from_raw(checksum_fold(checksum_pseudo_v6(&ip.source, ip_protocol::udp, udp.length.host())));
}

}  // namespace

datagram_run find_datagram_run(rte_mbuf* const* frames, unsigned count, unsigned largest_frame) {
    datagram_run run;
    const rte_mbuf* const first = frames[0];
    run.length = first->data_len;
    if (count == 1 || first->data_len > largest_frame) return run;
    const std::size_t headers = headers_of(first);
    if (headers == 0) return run;
    run.header_length = static_cast<std::uint16_t>(headers);
    run.payload = static_cast<std::uint16_t>(first->data_len - headers);
    const auto* first_frame = rte_pktmbuf_mtod(first, const std::uint8_t*);
    const unsigned limit = std::min(count, longest_datagram_run);
    while (run.frames < limit && run.length + run.payload <= longest_datagram_piece &&
           follows(run, first_frame, frames[run.frames])) {
        const auto payload = static_cast<std::uint16_t>(frames[run.frames]->data_len - headers);
        run.length += payload;
        ++run.frames;
        if (payload != run.payload) break;
    }
    return run;
}

unsigned describe_datagram_run(const datagram_run& run, rte_mbuf* const* frames,
                               datagram_run_headers& headers, iovec* parts) {
    std::uint8_t* const outer = headers.outer.data();
    std::memcpy(outer, rte_pktmbuf_mtod(frames[0], const std::uint8_t*), run.header_length);
    const bool v4 = run.header_length == udp_offset_v4 + sizeof(udp_header);
    if (v4)
        write_lengths_v4(outer, run.length);
    else
        write_lengths_v6(outer, run.length);
    headers.virtio = {.flags = virtio_net::flag_needs_checksum,
                      .gso_type = virtio_net::gso_udp_segment,
                      .header_length = run.header_length,
                      .gso_size = run.payload,
                      .checksum_start = static_cast<std::uint16_t>(run.header_length - sizeof(udp_header)),
                      .checksum_offset = offsetof(udp_header, checksum)};
    parts[0] = {&headers.virtio, sizeof headers.virtio};
    parts[1] = {outer, run.header_length};
    for (unsigned i = 0; i < run.frames; ++i)
        parts[2 + i] = {rte_pktmbuf_mtod_offset(frames[i], void*, run.header_length),
                        static_cast<std::size_t>(frames[i]->data_len - run.header_length)};
    return 2 + run.frames;
}

}  // namespace waggle
