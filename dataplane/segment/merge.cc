#include "dataplane/segment/merge.hh"

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>

#include <rte_mbuf.h>

#include "dataplane/packet/checksum.hh"
#include "dataplane/packet/inner_frame.hh"
#include "dataplane/packet/packet_offload.hh"
#include "dataplane/packet/tcp.hh"

namespace waggle {
namespace {

/// What a frame is to the merger.
enum class role : std::uint8_t {
    /// Of no TCP flow.
    stranger,
    /// Of a flow that can't be told: a fragment, IP options, a header cut short.
    unclear,
    /// Of a TCP flow, but ends what was merged of it: no data, other flags, padding, a wrong checksum.
    barrier,
    segment,
};

struct candidate {
    rte_mbuf* packet = nullptr;
    std::uint8_t* frame = nullptr;
    inner_frame parsed{};
    std::uint32_t header_length = 0;
    std::uint32_t payload = 0;
    role as = role::stranger;

    tcp_header& tcp() const { return header_at<tcp_header>(frame + parsed.l4_offset); }
    ipv4_header& v4() const { return header_at<ipv4_header>(frame + l3_offset); }
    ipv6_header& v6() const { return header_at<ipv6_header>(frame + l3_offset); }
    bool is_v4() const { return parsed.kind == frame_kind::ipv4; }
    /// Pseudo header for `length` bytes of TCP.
    checksum_sum pseudo(std::uint32_t length) const {
        return is_v4() ? checksum_pseudo_v4(&v4().source, ip_protocol::tcp, length)
                       : checksum_pseudo_v6(&v6().source, ip_protocol::tcp, length);
    }
};

bool checksums_valid(const candidate& one) {
    if (one.is_v4() && !checksum_valid(checksum_add(&one.v4(), sizeof(ipv4_header)))) return false;
    const std::uint32_t length = one.header_length - one.parsed.l4_offset + one.payload;
    return checksum_valid(checksum_add(one.frame + one.parsed.l4_offset, length, one.pseudo(length)));
}

role role_of(candidate& one) {
    const inner_frame& parsed = one.parsed;
    if (parsed.kind != frame_kind::ipv4 && parsed.kind != frame_kind::ipv6) return role::stranger;
    if (parsed.protocol != ip_protocol::tcp) {
        // Behind extension headers that can't be walked there may be TCP.
        return parsed.l4_offset == 0 ? role::unclear : role::stranger;
    }
    const std::size_t plain =
        l3_offset + (parsed.kind == frame_kind::ipv4 ? sizeof(ipv4_header) : sizeof(ipv6_header));
    const std::size_t end = l3_offset + parsed.ip_length;
    if (parsed.fragment || parsed.l4_offset != plain || one.packet->nb_segs != 1 ||
        end < plain + sizeof(tcp_header))
        return role::unclear;
    const std::size_t header = one.tcp().header_length();
    if (header < sizeof(tcp_header) || plain + header > end) return role::unclear;
    one.header_length = static_cast<std::uint32_t>(plain + header);
    one.payload = static_cast<std::uint32_t>(end - plain - header);
    const bool plain_data = (one.tcp().flags & ~tcp_flag::psh) == tcp_flag::ack && one.payload != 0;
    if (!plain_data || end != one.packet->data_len || has_offload(one.packet) || !checksums_valid(one))
        return role::barrier;
    return role::segment;
}

candidate look_at(rte_mbuf* packet) {
    candidate one;
    one.packet = packet;
    if (packet->data_len < sizeof(ethernet_header)) return one;
    one.frame = rte_pktmbuf_mtod(packet, std::uint8_t*);
    one.parsed = parse_inner_frame(one.frame, packet->data_len);
    one.as = role_of(one);
    return one;
}

bool same_bytes(const void* a, const void* b, std::size_t length) {
    return std::memcmp(a, b, length) == 0;
}

bool same_flow(const candidate& a, const candidate& b) {
    if (a.parsed.flow_hash != b.parsed.flow_hash || a.parsed.kind != b.parsed.kind) return false;
    const bool addresses = a.is_v4() ? same_bytes(&a.v4().source, &b.v4().source, 8)
                                     : same_bytes(&a.v6().source, &b.v6().source, 32);
    return addresses && same_bytes(&a.tcp(), &b.tcp(), 4);
}

/// Segments of one flow that have been found to follow one another.
class aggregate {
public:
    explicit aggregate(const candidate& first) : _first(first), _last(first.packet) {
        _next_sequence = first.tcp().sequence.host() + first.payload;
        _complete = (first.tcp().flags & tcp_flag::psh) != 0;
    }

    bool is_of_flow(const candidate& one) const { return same_flow(_first, one); }
    bool is_complete() const { return _complete; }

    /// False if the segment does not follow, or would make another frame than the segments were.
    bool append(const candidate& one) {
        if (_complete || !follows(one)) return false;
        rte_mbuf& packet = *one.packet;
        packet.data_off = static_cast<std::uint16_t>(packet.data_off + one.header_length);
        packet.data_len = static_cast<std::uint16_t>(one.payload);
        packet.pkt_len = one.payload;
        _last->next = &packet;
        _last = &packet;
        _first.packet->pkt_len += one.payload;
        ++_first.packet->nb_segs;
        ++_segments;
        _next_sequence += one.payload;
        _first.tcp().flags |= static_cast<std::uint8_t>(one.tcp().flags & tcp_flag::psh);
        _complete = (one.tcp().flags & tcp_flag::psh) != 0 || one.payload < _first.payload;
        return true;
    }

    /// Writes the lengths and partial checksum of the whole.
    void finish() {
        if (_segments == 1) return;
        const std::uint32_t ip_length = _first.packet->pkt_len - static_cast<std::uint32_t>(l3_offset);
        if (_first.is_v4()) {
            ipv4_header& ip = _first.v4();
            const be16 before = ip.total_length;
            ip.total_length = be16(static_cast<std::uint16_t>(ip_length));
            ip.checksum = checksum_update(ip.checksum, before, ip.total_length);
        } else {
            _first.v6().payload_length = be16(static_cast<std::uint16_t>(ip_length - sizeof(ipv6_header)));
        }
        const std::uint32_t tcp_length =
            ip_length + static_cast<std::uint32_t>(l3_offset) - _first.parsed.l4_offset;
        _first.tcp().checksum = be16::from_raw(checksum_fold(_first.pseudo(tcp_length)));
        set_offload(_first.packet, {.checksum_start = _first.parsed.l4_offset,
                                    .checksum_offset = offsetof(tcp_header, checksum),
                                    .segment_size = static_cast<std::uint16_t>(_first.payload),
                                    .kind = _first.is_v4() ? segmentation::tcp_v4 : segmentation::tcp_v6,
                                    .partial_checksum = 1});
    }

private:
    bool follows(const candidate& one) const {
        const tcp_header& a = _first.tcp();
        const tcp_header& b = one.tcp();
        return b.sequence.host() == _next_sequence && one.payload <= _first.payload &&
               _first.packet->pkt_len + one.payload <= l3_offset + 0xffff && same_headers(one) &&
               a.acknowledgement == b.acknowledgement && a.data_offset == b.data_offset &&
               a.window == b.window && a.urgent == b.urgent &&
               same_bytes(&a + 1, &b + 1, _first.header_length - _first.parsed.l4_offset - sizeof a);
    }
    /// Ethernet and IP headers are what a cut would make of the first one's; addresses are compared already.
    bool same_headers(const candidate& one) const {
        if (!same_bytes(_first.frame, one.frame, sizeof(ethernet_header))) return false;
        if (!_first.is_v4()) {
            const ipv6_header& a = _first.v6();
            const ipv6_header& b = one.v6();
            return a.version_class_flow == b.version_class_flow && a.hop_limit == b.hop_limit;
        }
        const ipv4_header& a = _first.v4();
        const ipv4_header& b = one.v4();
        return a.tos == b.tos && a.ttl == b.ttl && a.fragment == b.fragment &&
               b.id.host() == static_cast<std::uint16_t>(a.id.host() + _segments);
    }

    candidate _first;
    rte_mbuf* _last;
    std::uint32_t _next_sequence = 0;
    std::uint32_t _segments = 1;
    bool _complete = false;
};

/// The flows of a burst that more may come of.
class open_aggregates {
public:
    ~open_aggregates() { close_all(); }
    open_aggregates() = default;
    open_aggregates(const open_aggregates&) = delete;
    open_aggregates& operator=(const open_aggregates&) = delete;

    /// True if the frame became part of an earlier one.
    bool add(const candidate& one) {
        if (one.as == role::stranger) return false;
        if (one.as == role::unclear) {
            close_all();
            return false;
        }
        for (unsigned i = 0; i < _count; ++i) {
            if (!_open[i]->is_of_flow(one)) continue;
            if (one.as == role::segment && _open[i]->append(one)) {
                if (_open[i]->is_complete()) close(i);
                return true;
            }
            close(i);
            break;
        }
        if (one.as == role::segment) open(one);
        return false;
    }

private:
    /// More flows than this in one burst leave little to merge of each.
    static constexpr unsigned capacity = 8;

    void open(const candidate& one) {
        if (_count == capacity) close(0);
        aggregate& opened = _open[_count++].emplace(one);
        if (opened.is_complete()) --_count;
    }
    void close(unsigned i) {
        _open[i]->finish();
        --_count;
        for (; i < _count; ++i) _open[i] = _open[i + 1];
    }
    void close_all() {
        for (unsigned i = 0; i < _count; ++i) _open[i]->finish();
        _count = 0;
    }

    std::array<std::optional<aggregate>, capacity> _open;
    unsigned _count = 0;
};

}  // namespace

unsigned merge_segments(rte_mbuf** frames, unsigned count) {
    if (count < 2) return count;
    open_aggregates flows;
    unsigned kept = 0;
    for (unsigned i = 0; i < count; ++i)
        if (!flows.add(look_at(frames[i]))) frames[kept++] = frames[i];
    return kept;
}

}  // namespace waggle
