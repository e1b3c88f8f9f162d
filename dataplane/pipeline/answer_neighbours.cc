#include "dataplane/packet/arp_answer.hh"
#include "dataplane/packet/inner_frame.hh"
#include "dataplane/packet/neighbour_discovery_answer.hh"
#include "dataplane/pipeline/access_stages.hh"
#include "dataplane/pipeline/hand_over.hh"

namespace waggle {
namespace {

/// What to do with a frame of ARP or neighbour discovery.
enum class action : std::uint8_t {
    /// The table knows a remote owner.
    answer,
    /// The owner sits on another port of this host and answers itself.
    to_owner,
    /// Ordinary traffic for the look-up: unicast, or flooded if the overlay floods.
    forward,
    drop_local,
    drop_unknown,
    drop_invalid,
};

struct decision {
    action what = action::forward;
    mac_address owner{};
    port_index port = 0;
};

/// One stage's view of a question, the same for both protocols.
struct question {
    ip_address target;
    bool unicast = false;
};

decision decide(const worker_context& context, const access_burst& b, unsigned i, const question& asked) {
    const bool may_forward = asked.unicast || b.overlay->flood;
    const auto owner = context.tables->neighbours().find(b.overlay->index, asked.target);
    if (!owner) return {.what = may_forward ? action::forward : action::drop_unknown};
    // Its own address: duplicate address detection must hear nothing (RFC 5227, RFC 4862 section 5.4).
    if (*owner == header_at<ethernet_header>(b.frames[i]).source) return {.what = action::drop_local};
    const auto place = context.tables->forwarding().find(forwarding_key::from(b.overlay->index, *owner));
    if (!place || !place->is_known()) return {.what = may_forward ? action::forward : action::drop_unknown};
    if (place->is_remote()) return {.what = action::answer, .owner = *owner};
    // The port it came from delivered it to all endpoints there already.
    if (place->port() == b.from) return {.what = action::drop_local};
    return {.what = asked.unicast ? action::forward : action::to_owner, .port = place->port()};
}

/// An address announced to everyone: peers learn of it from the table.
decision announced(const access_burst& b, bool unicast) {
    return {.what = unicast || b.overlay->flood ? action::forward : action::drop_local};
}

void send_back(worker_context& context, access_burst& b, unsigned i, std::size_t length) {
    rte_mbuf* const packet = b.packets[i];
    clear_offload(packet);
    packet->data_len = static_cast<std::uint16_t>(length);
    packet->pkt_len = static_cast<std::uint32_t>(length);
    b.release(i);
    b.counters->neighbours_answered.add(1);
    context.outputs->push(b.from, packet);
}

/// Everything but the answer, which only the protocol can write.
void carry_out(worker_context& context, access_burst& b, unsigned i, const decision& decided) {
    switch (decided.what) {
        case action::to_owner:
            b.release(i);
            b.counters->local_packets.add(1);
            hand_over(context, *b.counters, decided.port, b.packets[i]);
            break;
        case action::drop_local:
            b.drop(i, drop_reason::neighbour_local);
            break;
        case action::drop_unknown:
            b.drop(i, drop_reason::neighbour_unknown);
            break;
        case action::drop_invalid:
            b.drop(i, drop_reason::neighbour_invalid);
            break;
        case action::answer:
        case action::forward:
            break;
    }
}

void arp(worker_context& context, access_burst& b, unsigned i) {
    const arp_message message = classify_arp(b.frames[i], b.lengths[i]);
    decision decided;
    switch (message.kind) {
        case arp_kind::malformed:
            decided.what = action::drop_invalid;
            break;
        case arp_kind::announcement:
        case arp_kind::reply:
            decided = announced(b, message.unicast);
            break;
        case arp_kind::request:
        case arp_kind::probe:
            decided = decide(context, b, i, {.target = message.target, .unicast = message.unicast});
            break;
    }
    if (decided.what == action::answer)
        send_back(context, b, i, build_arp_reply(b.frames[i], decided.owner));
    else
        carry_out(context, b, i, decided);
}

/// The start of the frame, moved into the headroom if an advertisement has no room behind it.
std::uint8_t* make_room(rte_mbuf* packet) {
    const int missing = static_cast<int>(neighbour_advertisement_length) - packet->data_len -
                        static_cast<int>(rte_pktmbuf_tailroom(packet));
    if (missing > 0) packet->data_off = static_cast<std::uint16_t>(packet->data_off - missing);
    return rte_pktmbuf_mtod(packet, std::uint8_t*);
}

void neighbour_discovery(worker_context& context, access_burst& b, unsigned i) {
    const inner_frame parsed = parse_inner_frame(b.frames[i], b.lengths[i]);
    const bool pending = has_offload(b.packets[i]) && offload_of(b.packets[i]).partial_checksum != 0;
    const neighbour_request request = classify_neighbour(b.frames[i], parsed, pending);
    decision decided;
    switch (request.kind) {
        case neighbour_kind::malformed:
            decided.what = action::drop_invalid;
            break;
        case neighbour_kind::solicitation:
        case neighbour_kind::probe:
            decided = decide(context, b, i, {.target = request.target, .unicast = request.unicast});
            break;
        case neighbour_kind::advertisement:
            decided = announced(b, request.unicast);
            break;
        case neighbour_kind::none:
        case neighbour_kind::router_solicitation:
        case neighbour_kind::router_advertisement:
        case neighbour_kind::redirect:
        case neighbour_kind::multicast_listener:
            break;
    }
    if (decided.what != action::answer) return carry_out(context, b, i, decided);
    build_neighbour_advertisement(make_room(b.packets[i]), request, decided.owner);
    send_back(context, b, i, neighbour_advertisement_length);
}

}  // namespace

void answer_neighbours(worker_context& context, access_burst& b) {
    for_each(b.live & b.neighbours, [&](unsigned i) {
        if (header_at<ethernet_header>(b.frames[i]).type == be16(ethertype::arp))
            arp(context, b, i);
        else
            neighbour_discovery(context, b, i);
    });
}

}  // namespace waggle
