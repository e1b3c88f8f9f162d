#include "dataplane/packet/outer_packet.hh"
#include "dataplane/packet/packet_offload.hh"
#include "dataplane/packet/vxlan.hh"
#include "dataplane/packet/words.hh"
#include "dataplane/pipeline/outer_facts.hh"
#include "dataplane/pipeline/plain_ipv4_filter.hh"
#include "dataplane/pipeline/to_kernel.hh"
#include "dataplane/pipeline/tunnel_stages.hh"

namespace waggle {
namespace {

/// Where the packets start. Fetches both cache lines that the stages read, as the inner headers may lie in
/// the second, while the first packets are parsed.
void locate(tunnel_burst& b) {
    for (unsigned i = 0; i < b.count; ++i) {
        std::uint8_t* const data = rte_pktmbuf_mtod(b.packets[i], std::uint8_t*);
        __builtin_prefetch(data);
        __builtin_prefetch(data + 64);
        b.frames[i] = data;
    }
}

bool is_ours(const worker_context& context, const outer_packet& packet) {
    const std::optional<ip_address>& own = packet.ipv6 ? context.vtep_v6 : context.vtep_v4;
    return packet.source_bytes != nullptr && own && packet.destination() == *own;
}

void drop(worker_context& context, tunnel_burst& b, unsigned i, drop_reason reason) {
    b.drop(i, reason, *context.no_overlay_counters);
}

/// Everything but VXLAN and ESP for this host.
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
        case outer_verdict::esp:
            break;
    }
    to_kernel_or_drop(context, b, i, for_us ? drop_reason::not_vxlan : drop_reason::not_for_us);
}

/// Work that the kernel left undone on the packet; false: it is several in one.
bool note_offload(tunnel_burst& b, unsigned i, const outer_packet& parsed) {
    const rte_mbuf* const packet = b.packets[i];
    if (!has_offload(packet)) return true;
    const packet_offload& offload = offload_of(packet);
    if (offload.kind == segmentation::udp && offload.checksum_start < parsed.payload_offset) {
        // What comes behind it waits, so that a flow stays in order.
        b.count = i;
        b.live &= first_packets(i);
        b.ends_at_aggregate = true;
        return false;
    }
    b.offloads |= bit_of(i);
    return true;
}

/// Anything but the most common packets.
[[gnu::noinline]] void parse_other(worker_context& context, tunnel_burst& b, unsigned i) {
    rte_mbuf* const packet = b.packets[i];
    if (packet->nb_segs != 1) return drop(context, b, i, drop_reason::frame_too_long);
    std::uint8_t* const data = rte_pktmbuf_mtod(packet, std::uint8_t*);
    const outer_packet parsed = parse_outer_packet(data, packet->data_len);
    const bool for_us = is_ours(context, parsed);
    const bool udp = for_us && parsed.verdict == outer_verdict::udp;
    const bool esp_in_udp =
        udp && context.esp_udp_port != 0 && parsed.destination_port == be16(context.esp_udp_port);
    const bool sealed = esp_in_udp || (for_us && parsed.verdict == outer_verdict::esp);
    if (!sealed && !(udp && parsed.destination_port == context.udp_port))
        return not_ours(context, b, i, parsed, for_us);
    if (!note_offload(b, i, parsed)) return;
    b.sources[i] = parsed.source_bytes;
    b.ipv6 |= packet_mask{parsed.ipv6} << i;
    const std::size_t payload = parsed.payload_offset;
    const std::size_t length = parsed.payload_length;
    if (esp_in_udp) return accept_esp_datagram(context, b, i, data, payload, length, parsed.tos);
    if (sealed) return accept_esp(context, b, i, data, payload, length, parsed.tos);
    accept_datagram(context, b, i, data, payload, length, parsed.tos);
}

}  // namespace

void parse_outer(worker_context& context, tunnel_burst& b) {
    constexpr std::size_t payload = plain_ipv4_filter::udp_offset;
    const plain_ipv4_filter plain(context);
    locate(b);
    for (unsigned i = 0; i < b.count; ++i) {
        rte_mbuf* const packet = b.packets[i];
        std::uint8_t* const data = b.frames[i];
        const std::uint16_t length = packet->data_len;
        const plain_packet kind =
            packet->nb_segs != 1 || has_offload(packet) ? plain_packet::other : plain.classify(data, length);
        if (kind == plain_packet::other) [[unlikely]] {
            parse_other(context, b, i);
            continue;
        }
        const std::uint8_t tos = data[l3_offset + offsetof(ipv4_header, tos)];
        b.sources[i] = data + l3_offset + offsetof(ipv4_header, source);
        if (kind == plain_packet::vxlan) [[likely]] {
            accept(b, i, data, payload + sizeof(udp_header), length - payload - sizeof(udp_header), tos);
        } else {
            // The cipher is the next to read it, to the end.
            __builtin_prefetch(data + length - 1);
            accept_sealed(b, i, data, payload, length - payload, tos);
        }
    }
}

}  // namespace waggle
