#include "dataplane/pipeline/seal_usual.hh"

#include "dataplane/esp/seal_run.hh"
#include "dataplane/esp/sequence_range.hh"
#include "dataplane/esp/sizes.hh"
#include "dataplane/packet/esp_outer.hh"
#include "dataplane/pipeline/worker_clock.hh"
#include "dataplane/pipeline/write_outer.hh"

namespace waggle {
namespace {

/// What ESP has behind the frame at most: padding, trailer, ICV.
constexpr std::size_t largest_tail = esp_alignment - 1 + sizeof(esp_trailer) + 16;

/// All to the VTEP of the first one, with room for what comes behind.
bool is_alike(const access_burst& b, const vtep_entry* vtep) {
    std::uint64_t unlike = 0;
    for_each(b.live, [&](unsigned i) {
        const rte_mbuf* const packet = b.packets[i];
        const std::uint8_t* const end = static_cast<std::uint8_t*>(packet->buf_addr) + packet->buf_len;
        const bool no_room = b.frames[i] + b.lengths[i] + largest_tail > end;
        unlike |= static_cast<std::uint64_t>(b.vteps[i] != vtep) | static_cast<std::uint64_t>(no_room);
    });
    return unlike == 0;
}

void seal_all(worker_context& context, access_burst& b, const vtep_entry& vtep,
              esp::outbound_association& association, std::uint64_t first_sequence) {
    constexpr std::size_t front = sizeof(ethernet_header) + sizeof(ipv4_header);
    const vxlan_header vxlan = vxlan_header_of(*b.overlay);
    std::uint16_t id = context.next_ip_id;
    esp::seal_run::places places;
    esp::seal_run run(association, first_sequence, places);
    for_each(b.live, [&](unsigned i) {
        std::uint8_t* const esp = b.frames[i] - sealed_headers - sizeof(esp_header);
        const std::size_t payload = sealed_headers + b.lengths[i];
        const std::size_t sealed = esp::sealed_length(payload, association.icv_length);
        write_sealed_outer_v4(esp, vtep.header.data(), vtep.checksum_base, outer_fields_of(b, i, vxlan, id),
                              sealed);
        ++id;
        set_bounds(b.packets[i], esp - front, front + sealed);
        run.add(esp, static_cast<std::uint32_t>(payload));
    });
    run.finish(nanoseconds(context));
    context.next_ip_id = id;
}

}  // namespace

bool seal_usual(worker_context& context, access_burst& b) {
    if (b.live == 0) return false;
    const vtep_entry* const vtep = b.vteps[static_cast<unsigned>(__builtin_ctzll(b.live))];
    if (vtep->ipv6) return false;
    const sender with = b.overlay->sender_for(vtep->index, context.worker);
    if (with.association() == nullptr || with.udp_port() != 0 || !is_alike(b, vtep)) return false;
    const auto count = static_cast<unsigned>(__builtin_popcountll(b.live));
    const esp::sequence_range range = esp::take_sequence(*with.association(), count, count);
    if (range.count == 0) return false;
    seal_all(context, b, *vtep, *with.association(), range.first);
    return true;
}

}  // namespace waggle
