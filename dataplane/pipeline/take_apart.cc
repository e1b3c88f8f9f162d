#include <algorithm>

#include "dataplane/packet/outer_packet.hh"
#include "dataplane/packet/shared_buffer.hh"
#include "dataplane/pipeline/outer_facts.hh"
#include "dataplane/pipeline/tunnel_stages.hh"
#include "dataplane/segment/cut.hh"

namespace waggle {
namespace {

/// Datagrams that follow one another in one packet.
struct datagrams {
    outer_packet outer;
    std::uint8_t* packet = nullptr;
    unsigned length = 0;
    /// Of the next one, from the start of the packet.
    unsigned offset = 0;
    unsigned end = 0;

    unsigned count() const { return (end - offset + length - 1) / length; }
};

/// Puts up to a burst of them on their way.
void next_burst(worker_context& context, const underlay_origin& from, datagrams& left,
                shared_buffer& buffer) {
    tunnel_burst b;
    b.from = {.port = from.port, .exception = std::nullopt};
    b.count = std::min(left.count(), burst_capacity);
    if (rte_pktmbuf_alloc_bulk(context.packet_pool, b.packets.data(), b.count) != 0) {
        context.no_overlay_counters->drop(drop_reason::no_buffer, left.count());
        left.offset = left.end;
        return;
    }
    b.live = b.shared = first_packets(b.count);
    if (left.outer.ipv6) b.ipv6 = b.live;
    const bool esp = left.outer.destination_port != context.udp_port;
    for (unsigned i = 0; i < b.count; ++i) {
        std::uint8_t* const data = left.packet + left.offset;
        const unsigned length = std::min(left.length, left.end - left.offset);
        buffer.attach(b.packets[i], static_cast<std::uint16_t>(left.offset),
                      static_cast<std::uint16_t>(length));
        b.sources[i] = left.outer.source_bytes;
        if (esp) [[unlikely]]
            accept_esp_datagram(context, b, i, data, 0, length, left.outer.tos);
        else
            accept_datagram(context, b, i, data, 0, length, left.outer.tos);
        left.offset += length;
    }
    from_tunnel(context, b);
}

}  // namespace

void take_apart(worker_context& context, const underlay_origin& from, rte_mbuf* aggregate) {
    datagrams left;
    left.packet = rte_pktmbuf_mtod(aggregate, std::uint8_t*);
    left.outer = parse_outer_packet(left.packet, aggregate->data_len);
    left.length = offload_of(aggregate).segment_size;
    left.offset = left.outer.payload_offset;
    left.end = left.offset + left.outer.payload_length;
    if (left.length == 0 || left.offset == left.end) {
        context.no_overlay_counters->drop(drop_reason::bad_offload);
        return rte_pktmbuf_free(aggregate);
    }
    if (left.count() > longest_cut) {
        context.no_overlay_counters->drop(drop_reason::too_many_segments);
        return rte_pktmbuf_free(aggregate);
    }
    shared_buffer buffer(aggregate);
    while (left.offset != left.end) next_burst(context, from, left, buffer);
}

}  // namespace waggle
