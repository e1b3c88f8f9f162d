#include "dataplane/packet/offload.hh"

#include <cstring>

#include "dataplane/packet/checksum.hh"
#include "dataplane/packet/tcp.hh"
#include "dataplane/packet/udp.hh"

namespace waggle {

bool offload_in_bounds(const packet_offload& offload, std::size_t length) {
    if (offload.partial_checksum != 0) {
        const std::size_t field = std::size_t{offload.checksum_start} + offload.checksum_offset;
        if (offload.checksum_start < l3_offset || field + 2 > length) return false;
        // The sum runs over 16-bit words from checksum_start on: the field must be one of them.
        if (offload.checksum_offset % 2 != 0) return false;
    }
    if (offload.kind == segmentation::none) return offload.segment_size == 0;
    return offload.segment_size != 0;
}

bool offload_fits(const packet_offload& offload, const std::uint8_t* frame, std::size_t length,
                  const inner_frame& parsed) {
    if (!offload_in_bounds(offload, length)) return false;
    if (offload.kind == segmentation::none) return true;
    if (parsed.fragment || parsed.l4_offset == 0) return false;
    const bool tcp = offload.kind != segmentation::udp;
    if (tcp) {
        const frame_kind wanted = offload.kind == segmentation::tcp_v4 ? frame_kind::ipv4 : frame_kind::ipv6;
        if (parsed.kind != wanted || parsed.protocol != ip_protocol::tcp) return false;
    } else if (parsed.protocol != ip_protocol::udp) {
        return false;
    }
    if (offload.partial_checksum != 0) {
        const std::size_t field = tcp ? offsetof(tcp_header, checksum) : offsetof(udp_header, checksum);
        if (offload.checksum_start != parsed.l4_offset || offload.checksum_offset != field) return false;
    }
    const std::size_t room = l3_offset + parsed.ip_length - parsed.l4_offset;
    if (!tcp) return room >= sizeof(udp_header);
    if (room < sizeof(tcp_header)) return false;
    const unsigned header = header_at<tcp_header>(frame + parsed.l4_offset).header_length();
    return header >= sizeof(tcp_header) && header <= room;
}

void complete_checksum(packet_offload& offload, std::uint8_t* frame, std::size_t length) {
    std::uint8_t* start = frame + offload.checksum_start;
    // The field takes part with the pseudo header's sum. 0 would mean "no checksum" to UDP and equals 0xffff
    // for TCP, so one rule serves both.
    const be16 checksum = checksum_finish_udp(checksum_add(start, length - offload.checksum_start));
    std::memcpy(start + offload.checksum_offset, &checksum, sizeof checksum);
    offload.partial_checksum = 0;
}

}  // namespace waggle
