#include "dataplane/esp/seal.hh"

#include "dataplane/esp/sizes.hh"
#include "dataplane/packet/esp_outer.hh"
#include "dataplane/packet/outer_header.hh"
#include "dataplane/pipeline/access_stages.hh"
#include "dataplane/pipeline/worker_clock.hh"
#include "dataplane/table/esp_drop_reason.hh"

namespace waggle {
namespace {

/// UDP and VXLAN: what ESP's payload has in front of the frame.
constexpr std::size_t inner_headers = sizeof(udp_header) + sizeof(vxlan_header);
static_assert(outer_length_v6 + esp_in_udp_gap <= RTE_PKTMBUF_HEADROOM);

/// Moves the outer IP header away from where ESP's comes, with the length that it will have.
void move_ip_header(access_burst& b, unsigned i, const sender& with) {
    const std::size_t sealed =
        esp::sealed_length(inner_headers + b.lengths[i], with.association()->icv_length);
    const bool in_udp = with.udp_port() != 0;
    const std::size_t gap = in_udp ? esp_in_udp_gap : esp_gap;
    const std::size_t payload = sealed + (in_udp ? sizeof(udp_header) : 0);
    const std::uint8_t protocol = in_udp ? ip_protocol::udp : ip_protocol::esp;
    std::uint8_t* const packet = rte_pktmbuf_mtod(b.packets[i], std::uint8_t*);
    if (!b.vteps[i]->ipv6) [[likely]]
        move_ip_header_v4(packet, gap, payload, protocol);
    else
        move_ip_header_v6(packet, gap, payload, protocol);
}

/// IPv6 wants a UDP checksum there too (RFC 8200 section 8.1).
void complete_udp_checksum_v6(std::uint8_t* packet, std::size_t payload) {
    const std::uint8_t* const ip = packet + sizeof(ethernet_header);
    auto& udp = header_at<udp_header>(packet + sizeof(ethernet_header) + sizeof(ipv6_header));
    const auto sum = checksum_pseudo_v6(ip + offsetof(ipv6_header, source), ip_protocol::udp,
                                        static_cast<std::uint32_t>(payload));
    udp.checksum = checksum_finish_udp(checksum_add(&udp, payload, sum));
}

/// The packet's new bounds, and what comes in front of ESP in UDP. `sealed`: from the ESP header on.
void finish(const worker_context& context, access_burst& b, unsigned i, const sender& with, std::uint8_t* esp,
            std::size_t sealed) {
    rte_mbuf* const packet = b.packets[i];
    const std::size_t ip_end =
        sizeof(ethernet_header) + (b.vteps[i]->ipv6 ? sizeof(ipv6_header) : sizeof(ipv4_header));
    std::size_t front = ip_end;
    if (with.udp_port() != 0) [[unlikely]] {
        front += sizeof(udp_header);
        write_esp_udp_header(esp - sizeof(udp_header), context.esp_udp_port, with.udp_port(), sealed);
        if (b.vteps[i]->ipv6) complete_udp_checksum_v6(esp - front, sizeof(udp_header) + sealed);
    }
    const auto length = static_cast<std::uint16_t>(front + sealed);
    packet->data_off = static_cast<std::uint16_t>(esp - front - static_cast<std::uint8_t*>(packet->buf_addr));
    packet->data_len = length;
    packet->pkt_len = length;
}

}  // namespace

void seal(worker_context& context, access_burst& b) {
    if (b.overlay->senders == nullptr) [[likely]]
        return;
    esp::seal_burst work;
    std::array<std::uint8_t, burst_capacity> packets;
    std::array<sender, burst_capacity> senders;
    for_each(b.live, [&](unsigned i) {
        const sender with = b.overlay->senders->find(b.vteps[i]->index, context.worker);
        if (with.association() == nullptr) [[unlikely]]
            return b.drop(i, drop_reason::no_association);
        move_ip_header(b, i, with);
        rte_mbuf* const packet = b.packets[i];
        std::uint8_t* const esp = b.frames[i] - inner_headers - sizeof(esp_header);
        const unsigned at = work.count++;
        packets[at] = static_cast<std::uint8_t>(i);
        senders[at] = with;
        work.esp[at] = esp;
        work.length[at] = static_cast<std::uint32_t>(inner_headers + b.lengths[i]);
        work.room[at] =
            static_cast<std::uint32_t>(static_cast<std::uint8_t*>(packet->buf_addr) + packet->buf_len - esp);
        work.association[at] = with.association();
    });
    esp::seal(work, nanoseconds(context));
    for (unsigned at = 0; at < work.count; ++at) {
        if (work.verdict[at] != esp::seal_verdict::sealed) [[unlikely]]
            b.drop(packets[at], reason_of(work.verdict[at]));
        else
            finish(context, b, packets[at], senders[at], work.esp[at], work.length[at]);
    }
}

}  // namespace waggle
