#include "dataplane/esp/seal.hh"

#include "dataplane/esp/sizes.hh"
#include "dataplane/packet/esp_outer.hh"
#include "dataplane/pipeline/access_stages.hh"
#include "dataplane/pipeline/seal_usual.hh"
#include "dataplane/pipeline/worker_clock.hh"
#include "dataplane/pipeline/write_outer.hh"
#include "dataplane/table/esp_drop_reason.hh"

namespace waggle {
namespace {

static_assert(outer_length_v6 + esp_in_udp_gap <= RTE_PKTMBUF_HEADROOM);

std::size_t ip_header_length(const vtep_entry& vtep) {
    return vtep.ipv6 ? sizeof(ipv6_header) : sizeof(ipv4_header);
}

/// IPv6 wants a UDP checksum there too (RFC 8200 section 8.1).
void complete_udp_checksum_v6(std::uint8_t* packet, std::size_t payload) {
    const std::uint8_t* const ip = packet + sizeof(ethernet_header);
    auto& udp = header_at<udp_header>(packet + sizeof(ethernet_header) + sizeof(ipv6_header));
    const auto sum = checksum_pseudo_v6(ip + offsetof(ipv6_header, source), ip_protocol::udp,
                                        static_cast<std::uint32_t>(payload));
    udp.checksum = checksum_finish_udp(checksum_add(&udp, payload, sum));
}

/// The headers of anything but plain ESP over IPv4: as without ESP, then the outer IP header moves away from
/// where ESP's comes. `sealed`: bytes of ESP.
[[gnu::noinline]] void write_other(const worker_context& context, access_burst& b, unsigned i,
                                   const vxlan_header& vxlan, std::uint16_t& id, const sender& with,
                                   std::uint8_t* esp, std::size_t sealed) {
    write_outer(b, i, vxlan, id);
    std::uint8_t* const packet = rte_pktmbuf_mtod(b.packets[i], std::uint8_t*);
    const vtep_entry& vtep = *b.vteps[i];
    const bool in_udp = with.udp_port() != 0;
    const std::size_t gap = in_udp ? esp_in_udp_gap : esp_gap;
    const std::size_t payload = sealed + (in_udp ? sizeof(udp_header) : 0);
    const std::uint8_t protocol = in_udp ? ip_protocol::udp : ip_protocol::esp;
    if (vtep.ipv6)
        move_ip_header_v6(packet, gap, payload, protocol);
    else
        move_ip_header_v4(packet, gap, payload, protocol);
    std::size_t front = sizeof(ethernet_header) + ip_header_length(vtep);
    if (in_udp) {
        front += sizeof(udp_header);
        write_esp_udp_header(esp - sizeof(udp_header), context.esp_udp_port, with.udp_port(), sealed);
    }
    set_bounds(b.packets[i], esp - front, front + sealed);
}

/// Headers and bounds as the sealed packet will have them.
void write_headers(const worker_context& context, access_burst& b, unsigned i, const vxlan_header& vxlan,
                   std::uint16_t& id, const sender& with, std::uint8_t* esp, std::size_t sealed) {
    const vtep_entry& vtep = *b.vteps[i];
    if (vtep.ipv6 || with.udp_port() != 0) [[unlikely]]
        return write_other(context, b, i, vxlan, id, with, esp, sealed);
    constexpr std::size_t front = sizeof(ethernet_header) + sizeof(ipv4_header);
    write_sealed_outer_v4(esp, vtep.header.data(), vtep.checksum_base, outer_fields_of(b, i, vxlan, id),
                          sealed);
    ++id;
    set_bounds(b.packets[i], esp - front, front + sealed);
}

/// The packets that esp::seal() is to seal.
struct seal_work {
    esp::seal_burst burst;
    std::array<std::uint8_t, burst_capacity> packets;
    /// Places in `burst` of ESP in UDP over IPv6.
    packet_mask unfinished = 0;
};

void collect(worker_context& context, access_burst& b, seal_work& work) {
    const vxlan_header vxlan = vxlan_header_of(*b.overlay);
    std::uint16_t id = context.next_ip_id;
    const vtep_entry* last_vtep = nullptr;
    sender with;
    for_each(b.live, [&](unsigned i) {
        const vtep_entry* const vtep = b.vteps[i];
        if (vtep != last_vtep) {
            with = b.overlay->sender_for(vtep->index, context.worker);
            last_vtep = vtep;
        }
        esp::outbound_association* const association = with.association();
        if (association == nullptr) [[unlikely]]
            return b.drop(i, drop_reason::no_association);
        rte_mbuf* const packet = b.packets[i];
        std::uint8_t* const esp = b.frames[i] - sealed_headers - sizeof(esp_header);
        const std::size_t payload = sealed_headers + b.lengths[i];
        write_headers(context, b, i, vxlan, id, with, esp,
                      esp::sealed_length(payload, association->icv_length));
        const unsigned at = work.burst.count++;
        if (vtep->ipv6 && with.udp_port() != 0) [[unlikely]]
            work.unfinished |= bit_of(at);
        work.packets[at] = static_cast<std::uint8_t>(i);
        work.burst.esp[at] = esp;
        work.burst.length[at] = static_cast<std::uint32_t>(payload);
        work.burst.room[at] =
            static_cast<std::uint32_t>(static_cast<std::uint8_t*>(packet->buf_addr) + packet->buf_len - esp);
        work.burst.association[at] = association;
    });
    context.next_ip_id = id;
}

}  // namespace

void seal(worker_context& context, access_burst& b) {
    if (seal_usual(context, b)) return;
    seal_work work;
    collect(context, b, work);
    const packet_mask sealed = esp::seal(work.burst, nanoseconds(context));
    for_each(first_packets(work.burst.count) & ~sealed,
             [&](unsigned at) { b.drop(work.packets[at], reason_of(work.burst.verdict[at])); });
    for_each(work.unfinished & sealed, [&](unsigned at) {
        const std::size_t length = work.burst.length[at] + sizeof(udp_header);
        complete_udp_checksum_v6(rte_pktmbuf_mtod(b.packets[work.packets[at]], std::uint8_t*), length);
    });
}

}  // namespace waggle
