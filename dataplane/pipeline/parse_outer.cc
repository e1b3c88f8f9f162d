#include "dataplane/packet/outer_packet.hh"
#include "dataplane/packet/packet_offload.hh"
#include "dataplane/packet/vxlan.hh"
#include "dataplane/pipeline/hand_over.hh"
#include "dataplane/pipeline/tunnel_stages.hh"

namespace waggle {
namespace {

constexpr unsigned prefetch_distance = 6;

/// Both cache lines that the stages read: the inner headers may lie in the second.
void prefetch_packet(const rte_mbuf* packet) {
    const auto* data = rte_pktmbuf_mtod(packet, const std::uint8_t*);
    __builtin_prefetch(data);
    __builtin_prefetch(data + 64);
}

/// This host's addresses as they stand in packets.
class own_addresses {
public:
    explicit own_addresses(const worker_context& context) : _v4(context.vtep_v4), _v6(context.vtep_v6) {
        if (_v4) std::memcpy(&_v4_word, _v4->wire_bytes().data(), sizeof _v4_word);
    }
    bool is_destination(const outer_packet& packet) const {
        if (packet.ipv6) return _v6 && std::memcmp(_v6->bytes().data(), packet.source_bytes + 16, 16) == 0;
        std::uint32_t destination;
        std::memcpy(&destination, packet.source_bytes + 4, sizeof destination);
        return _v4 && destination == _v4_word;
    }

private:
    std::optional<ip_address> _v4;
    std::optional<ip_address> _v6;
    std::uint32_t _v4_word = 0;
};

void drop(worker_context& context, tunnel_burst& b, unsigned i, drop_reason reason) {
    b.drop(i, reason, *context.no_overlay_counters);
}

void to_kernel_or_drop(worker_context& context, tunnel_burst& b, unsigned i, drop_reason reason) {
    if (!b.from.exception) return drop(context, b, i, reason);
    b.release(i);
    context.no_overlay_counters->to_kernel_packets.add(1);
    hand_over(context, *context.no_overlay_counters, *b.from.exception, b.packets[i]);
}

/// Everything but VXLAN for this host.
void not_ours(worker_context& context, tunnel_burst& b, unsigned i, const outer_packet& parsed, bool for_us) {
    switch (parsed.verdict) {
        case outer_verdict::malformed:
            return drop(context, b, i, drop_reason::outer_malformed);
        case outer_verdict::checksum:
            return drop(context, b, i, drop_reason::outer_checksum);
        case outer_verdict::other:
            return to_kernel_or_drop(context, b, i, drop_reason::not_vxlan);
        case outer_verdict::fragment:
            // Of which datagram a fragment is can't be known: the kernel reassembles what may be its own.
            return to_kernel_or_drop(context, b, i,
                                     for_us ? drop_reason::outer_fragment : drop_reason::not_for_us);
        case outer_verdict::udp:
            break;
    }
    to_kernel_or_drop(context, b, i, for_us ? drop_reason::not_vxlan : drop_reason::not_for_us);
}

}  // namespace

void parse_outer(worker_context& context, tunnel_burst& b) {
    const own_addresses own(context);
    for (unsigned i = 0; i < b.count && i < prefetch_distance; ++i) prefetch_packet(b.packets[i]);
    for (unsigned i = 0; i < b.count; ++i) {
        if (i + prefetch_distance < b.count) prefetch_packet(b.packets[i + prefetch_distance]);
        rte_mbuf* const packet = b.packets[i];
        std::uint8_t* const data = rte_pktmbuf_mtod(packet, std::uint8_t*);
        if (packet->nb_segs != 1) [[unlikely]] {
            drop(context, b, i, drop_reason::frame_too_long);
            continue;
        }
        const outer_packet parsed = parse_outer_packet(data, packet->data_len);
        const bool for_us = parsed.source_bytes != nullptr && own.is_destination(parsed);
        if (parsed.verdict != outer_verdict::udp || !for_us || parsed.destination_port != context.udp_port)
            [[unlikely]] {
            not_ours(context, b, i, parsed, for_us);
            continue;
        }
        if (has_offload(packet)) [[unlikely]] {
            const packet_offload& offload = offload_of(packet);
            if (offload.kind == segmentation::udp && offload.checksum_start < parsed.payload_offset) {
                b.release(i);
                b.aggregates |= bit_of(i);
                continue;
            }
            b.offloads |= bit_of(i);
        }
        if (parsed.payload_length < sizeof(vxlan_header)) [[unlikely]] {
            drop(context, b, i, drop_reason::vxlan_truncated);
            continue;
        }
        b.frames[i] = data + parsed.payload_offset + sizeof(vxlan_header);
        b.lengths[i] = static_cast<std::uint16_t>(parsed.payload_length - sizeof(vxlan_header));
        b.outer_lengths[i] = static_cast<std::uint8_t>(parsed.payload_offset);
        b.outer_tos[i] = parsed.tos;
        b.sources[i] = parsed.source_bytes;
        b.ipv6 |= packet_mask{parsed.ipv6} << i;
        b.marked |= packet_mask{parsed.tos & 1U} << i;
    }
}

}  // namespace waggle
