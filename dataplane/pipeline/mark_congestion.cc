#include "dataplane/packet/ecn.hh"
#include "dataplane/pipeline/tunnel_stages.hh"

namespace waggle {
namespace {

/// False if the frame must be dropped.
template <typename Header>
bool mark(Header& inner, std::uint8_t inner_tos, std::uint8_t outer_tos) {
    const ecn before = ecn_of(inner_tos);
    const ecn_decapsulation decided = ecn_decapsulate(before, ecn_of(outer_tos));
    if (decided.drop) return false;
    if (decided.inner != before) set_ecn(inner, decided.inner);
    return true;
}

bool mark_frame(std::uint8_t* frame, std::size_t length, std::uint8_t outer_tos) {
    const be16 type = header_at<ethernet_header>(frame).type;
    if (type == be16(ethertype::ipv4) && length >= l3_offset + sizeof(ipv4_header)) {
        auto& ip = header_at<ipv4_header>(frame + l3_offset);
        return ip.version() != 4 || mark(ip, ip.tos, outer_tos);
    }
    if (type == be16(ethertype::ipv6) && length >= l3_offset + sizeof(ipv6_header)) {
        auto& ip = header_at<ipv6_header>(frame + l3_offset);
        return ip.version() != 6 || mark(ip, ip.traffic_class(), outer_tos);
    }
    // ARP and the like know no congestion.
    return true;
}

}  // namespace

void mark_congestion(worker_context& context, tunnel_burst& b) {
    for_each(b.live & b.marked, [&](unsigned i) {
        if (!mark_frame(b.frames[i], b.lengths[i], b.outer_tos[i]))
            b.drop(i, drop_reason::ecn_congested, b.overlays[i]->counters[context.worker]);
    });
}

}  // namespace waggle
