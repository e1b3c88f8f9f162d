#include "dataplane/pipeline/hand_to_worker.hh"

#include <cstring>

#include "dataplane/packet/checksum.hh"
#include "dataplane/packet/esp.hh"
#include "dataplane/packet/ethernet.hh"
#include "dataplane/packet/ipv4.hh"
#include "dataplane/packet/ipv6.hh"
#include "dataplane/pipeline/frame_copy.hh"

namespace waggle {
namespace {

void write_ip_v4(const worker_context& context, const tunnel_burst& b, unsigned i, std::uint8_t* to) {
    auto& ip = header_at<ipv4_header>(to);
    ip = {};
    ip.version_ihl = 0x45;
    ip.tos = b.outer_tos[i];
    ip.total_length = be16(static_cast<std::uint16_t>(sizeof ip + b.lengths[i]));
    ip.ttl = 64;
    ip.protocol = ip_protocol::esp;
    std::memcpy(&ip.source, b.sources[i], sizeof ip.source);
    std::memcpy(&ip.destination, context.vtep_v4->wire_bytes().data(), sizeof ip.destination);
    ip.checksum = checksum_finish(checksum_add(&ip, sizeof ip));
}

void write_ip_v6(const worker_context& context, const tunnel_burst& b, unsigned i, std::uint8_t* to) {
    auto& ip = header_at<ipv6_header>(to);
    ip = {};
    ip.version_class_flow = be32(6U << 28 | std::uint32_t{b.outer_tos[i]} << 20);
    ip.payload_length = be16(b.lengths[i]);
    ip.next_header = ip_protocol::esp;
    ip.hop_limit = 64;
    std::memcpy(ip.source.data(), b.sources[i], ip.source.size());
    std::memcpy(ip.destination.data(), context.vtep_v6->wire_bytes().data(), ip.destination.size());
}

/// The packet by itself: one of several that came in one piece lies behind an outer header that is theirs in
/// common. ESP in UDP becomes plain ESP, which associations take as well. Null: it was dropped.
rte_mbuf* made_whole(worker_context& context, tunnel_burst& b, unsigned i) {
    rte_mbuf* const piece = b.packets[i];
    rte_mbuf* const whole = copy_frame(context, *context.no_overlay_counters, piece);
    rte_pktmbuf_free(piece);
    if (whole == nullptr) return nullptr;
    const bool ipv6 = (b.ipv6 & bit_of(i)) != 0;
    const std::size_t length = sizeof(ethernet_header) + (ipv6 ? sizeof(ipv6_header) : sizeof(ipv4_header));
    static_assert(sizeof(ethernet_header) + sizeof(ipv6_header) <= RTE_PKTMBUF_HEADROOM);
    auto* const front =
        reinterpret_cast<std::uint8_t*>(rte_pktmbuf_prepend(whole, static_cast<std::uint16_t>(length)));
    auto& ethernet = header_at<ethernet_header>(front);
    ethernet = {};
    ethernet.type = be16(ipv6 ? ethertype::ipv6 : ethertype::ipv4);
    if (ipv6)
        write_ip_v6(context, b, i, front + sizeof(ethernet_header));
    else
        write_ip_v4(context, b, i, front + sizeof(ethernet_header));
    return whole;
}

void hand_by(outputs& way, worker_context& context, tunnel_burst& b, unsigned i, std::uint32_t worker) {
    b.release(i);
    rte_mbuf* packet = b.packets[i];
    if ((b.shared & bit_of(i)) != 0) packet = made_whole(context, b, i);
    if (packet != nullptr) way.push(static_cast<port_index>(worker), packet);
}

}  // namespace

void hand_to_worker(worker_context& context, tunnel_burst& b, unsigned i, std::uint32_t worker) {
    hand_by(*context.other_workers, context, b, i, worker);
}

void hand_opened_to_worker(worker_context& context, tunnel_burst& b, unsigned i, std::uint32_t worker) {
    hand_by(*context.other_workers_opened, context, b, i, worker);
}

}  // namespace waggle
