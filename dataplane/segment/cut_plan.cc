#include "dataplane/segment/cut_plan.hh"

#include <algorithm>
#include <cstring>

#include "dataplane/packet/ethernet.hh"
#include "dataplane/packet/ipv4.hh"
#include "dataplane/packet/ipv6.hh"
#include "dataplane/packet/tcp.hh"
#include "dataplane/packet/udp.hh"

namespace waggle {
namespace {

/// Flags that only the last piece carries, and those that only the first does (RFC 3168 section 6.1.2).
constexpr std::uint8_t last_only = tcp_flag::fin | tcp_flag::psh;
constexpr std::uint8_t first_only = tcp_flag::cwr;

}  // namespace

bool cut_plan::read(const std::uint8_t* frame, std::size_t length, const packet_offload& offload) {
    *this = {};
    if (offload.kind == segmentation::none || offload.segment_size == 0 || length < sizeof(ethernet_header))
        return false;
    _frame = frame;
    _kind = offload.kind;
    _segment = offload.segment_size;
    const be16 type = header_at<ethernet_header>(frame).type;
    if (type == be16(ethertype::ipv4) && _kind != segmentation::tcp_v6) return read_ipv4(length);
    if (type == be16(ethertype::ipv6) && _kind != segmentation::tcp_v4) return read_ipv6(length);
    return false;
}

bool cut_plan::read_ipv4(std::size_t length) {
    if (length < l3_offset + sizeof(ipv4_header)) return false;
    const auto& ip = header_at<ipv4_header>(_frame + l3_offset);
    const std::size_t header = ip.header_length();
    const std::size_t total = ip.total_length.host();
    if (ip.version() != 4 || header < sizeof(ipv4_header) || total < header || total > length - l3_offset)
        return false;
    if ((ip.fragment.host() & (ipv4_more_fragments | ipv4_fragment_offset)) != 0) return false;
    _protocol = ip.protocol;
    _first_id = ip.id.host();
    _l4_offset = static_cast<std::uint32_t>(l3_offset + header);
    return read_transport(l3_offset + total);
}

bool cut_plan::read_ipv6(std::size_t length) {
    if (length < l3_offset + sizeof(ipv6_header)) return false;
    const auto& ip = header_at<ipv6_header>(_frame + l3_offset);
    const std::size_t end = l3_offset + sizeof(ipv6_header) + ip.payload_length.host();
    // As long as inner_frame can say: its ip_length has 16 bits.
    if (ip.version() != 6 || end > length || end - l3_offset > 0xffff) return false;
    _ipv6 = true;
    _protocol = ip.next_header;
    std::size_t offset = l3_offset + sizeof(ipv6_header);
    // Every round takes at least 8 bytes of the headers that each piece repeats.
    while (_protocol == ip_protocol::hop_by_hop || _protocol == ip_protocol::destination_options) {
        if (end - offset < 8) return false;
        _protocol = _frame[offset];
        offset += 8U + _frame[offset + 1] * 8U;
        if (offset > end) return false;
    }
    _l4_offset = static_cast<std::uint32_t>(offset);
    return read_transport(end);
}

bool cut_plan::read_transport(std::size_t end) {
    const std::size_t room = end - _l4_offset;
    std::size_t header = sizeof(udp_header);
    if (_kind == segmentation::udp) {
        if (_protocol != ip_protocol::udp || room < header) return false;
    } else {
        if (_protocol != ip_protocol::tcp || room < sizeof(tcp_header)) return false;
        const auto& tcp = header_at<tcp_header>(_frame + _l4_offset);
        header = tcp.header_length();
        if (header < sizeof(tcp_header) || header > room) return false;
        _first_sequence = tcp.sequence.host();
        _tcp_flags = tcp.flags;
    }
    if (header == room) return false;
    const auto payload = static_cast<std::uint32_t>(room - header);
    _header_length = static_cast<std::uint32_t>(_l4_offset + header);
    _segment = std::min(_segment, payload);
    _last_payload = (payload - 1) % _segment + 1;
    sum_headers();
    _pieces = (payload - 1) / _segment + 1;
    return true;
}

void cut_plan::sum_headers() {
    const std::uint8_t* l3 = _frame + l3_offset;
    // The lengths of a piece are added when it is written, so the pseudo header is summed with length 0.
    if (_ipv6) {
        _l4_base = checksum_pseudo_v6(l3 + offsetof(ipv6_header, source), _protocol, 0);
    } else {
        ipv4_header fixed;
        std::memcpy(&fixed, l3, sizeof fixed);
        fixed.total_length = fixed.id = fixed.checksum = be16();
        _ip_base = checksum_add(&fixed, sizeof fixed);
        _ip_base = checksum_add(l3 + sizeof fixed, _l4_offset - l3_offset - sizeof fixed, _ip_base);
        _l4_base = checksum_pseudo_v4(l3 + offsetof(ipv4_header, source), _protocol, 0);
    }
    const std::uint8_t* l4 = _frame + _l4_offset;
    if (_kind == segmentation::udp) {
        _l4_base = checksum_add(l4, offsetof(udp_header, length), _l4_base);
        return;
    }
    tcp_header fixed;
    std::memcpy(&fixed, l4, sizeof fixed);
    fixed.sequence = be32();
    fixed.flags = 0;
    fixed.checksum = be16();
    _l4_base = checksum_add(&fixed, sizeof fixed, _l4_base);
    _l4_base = checksum_add(l4 + sizeof fixed, _header_length - _l4_offset - sizeof fixed, _l4_base);
}

std::uint16_t cut_plan::largest_packet() const {
    if (_pieces == 0) return 0;
    return static_cast<std::uint16_t>(piece_length(0) - l3_offset);
}

void cut_plan::write(std::uint32_t index, std::uint8_t* to) const {
    const std::uint32_t skipped = index * _segment;
    const bool last = index + 1 == _pieces;
    const std::uint32_t payload = last ? _last_payload : _segment;
    std::memcpy(to, _frame, _header_length);
    checksum_sum sum =
        checksum_copy(to + _header_length, _frame + _header_length + skipped, payload, _l4_base);

    const std::uint32_t l4_length = _header_length - _l4_offset + payload;
    if (_ipv6) {
        auto& ip = header_at<ipv6_header>(to + l3_offset);
        ip.payload_length =
            be16(static_cast<std::uint16_t>(_l4_offset + l4_length - l3_offset - sizeof(ipv6_header)));
    } else {
        auto& ip = header_at<ipv4_header>(to + l3_offset);
        ip.total_length = be16(static_cast<std::uint16_t>(_l4_offset + l4_length - l3_offset));
        ip.id = be16(static_cast<std::uint16_t>(_first_id + index));
        ip.checksum = checksum_finish(_ip_base + ip.total_length.raw() + ip.id.raw());
    }

    const be16 wire_length(static_cast<std::uint16_t>(l4_length));
    sum += wire_length.raw();
    if (_kind == segmentation::udp) {
        auto& udp = header_at<udp_header>(to + _l4_offset);
        udp.length = wire_length;
        udp.checksum = checksum_finish_udp(sum + wire_length.raw());
        return;
    }
    auto& tcp = header_at<tcp_header>(to + _l4_offset);
    tcp.sequence = be32(_first_sequence + skipped);
    if (!last) tcp.flags &= static_cast<std::uint8_t>(~last_only);
    if (index != 0) tcp.flags &= static_cast<std::uint8_t>(~first_only);
    sum += tcp.sequence.raw();
    sum += be16(tcp.flags).raw();
    tcp.checksum = checksum_finish(sum);
}

}  // namespace waggle
