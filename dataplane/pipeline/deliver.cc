#include "dataplane/packet/inner_frame.hh"
#include "dataplane/packet/offload.hh"
#include "dataplane/packet/vxlan.hh"
#include "dataplane/pipeline/frame_copy.hh"
#include "dataplane/pipeline/hand_over.hh"
#include "dataplane/pipeline/plain_frames.hh"
#include "dataplane/pipeline/tunnel_stages.hh"

namespace waggle {
namespace {

/// Leaves the inner frame, without the padding that may follow it.
void strip(rte_mbuf* packet, std::uint16_t outer_length, std::uint16_t frame_length) {
    packet->data_off = static_cast<std::uint16_t>(packet->data_off + outer_length);
    packet->data_len = frame_length;
    packet->pkt_len = frame_length;
}

/// Makes the offload of the outer packet one of the inner frame; false if it does not fit that.
bool adjust_offload(rte_mbuf* packet, std::uint16_t outer_length, const std::uint8_t* frame,
                    std::uint16_t frame_length) {
    packet_offload& offload = offload_of(packet);
    if (offload.kind == segmentation::none && offload.checksum_start < outer_length) {
        // Only the outer UDP checksum is missing, and that header goes.
        clear_offload(packet);
        return true;
    }
    if (offload.checksum_start < outer_length) return false;
    offload.checksum_start = static_cast<std::uint16_t>(offload.checksum_start - outer_length);
    return offload_fits(offload, frame, frame_length, parse_inner_frame(frame, frame_length));
}

/// To all access ports of the overlay. Takes a stripped frame without offloads.
void flood_local(worker_context& context, overlay_counters& counters, const flood_list& list,
                 rte_mbuf* frame) {
    counters.replicated_packets.add(list.ports.size() - 1);
    std::size_t left = list.ports.size();
    for (const port_index port : list.ports) {
        rte_mbuf* const copy = --left == 0 ? frame : copy_frame(context, counters, frame);
        if (copy != nullptr) context.outputs->push(port, copy);
    }
}

drop_reason without_ports(const std::uint8_t* frame) {
    if ((frame[0] & 1) == 0) return drop_reason::received_unknown;
    return is_broadcast(frame) ? drop_reason::received_broadcast : drop_reason::received_multicast;
}

/// Counters take one write a run of packets of one overlay.
class run_counter {
public:
    explicit run_counter(unsigned worker) : _worker(worker) {}
    ~run_counter() { write(); }
    run_counter(const run_counter&) = delete;
    run_counter& operator=(const run_counter&) = delete;

    void count(const overlay_entry* overlay, std::uint64_t bytes) {
        if (overlay != _overlay) [[unlikely]]
            write(), _overlay = overlay;
        ++_packets;
        _bytes += bytes;
    }

private:
    void write() {
        if (_overlay == nullptr) return;
        overlay_counters& counters = _overlay->counters[_worker];
        counters.decapsulated_packets.add(_packets);
        counters.decapsulated_bytes.add(_bytes);
        _packets = _bytes = 0;
    }
    unsigned _worker;
    const overlay_entry* _overlay = nullptr;
    std::uint64_t _packets = 0;
    std::uint64_t _bytes = 0;
};

void deliver_flooded(worker_context& context, tunnel_burst& b, unsigned i, run_counter& counted) {
    overlay_counters& counters = b.overlays[i]->counters[context.worker];
    const flood_list& list = *b.overlays[i]->flooding;
    if (list.ports.empty()) return b.drop(i, without_ports(b.frames[i]), counters);
    counted.count(b.overlays[i], b.lengths[i]);
    const auto send = [&](rte_mbuf* frame) { flood_local(context, counters, list, frame); };
    if (has_offload(b.packets[i]))
        for_each_plain(context, counters, b.packets[i], send);
    else
        send(b.packets[i]);
}

}  // namespace

void deliver(worker_context& context, tunnel_burst& b) {
    run_counter counted(context.worker);
    for_each(b.live, [&](unsigned i) {
        rte_mbuf* const packet = b.packets[i];
        const auto outer_length = static_cast<std::uint16_t>(b.outer_lengths[i] + sizeof(vxlan_header));
        strip(packet, outer_length, b.lengths[i]);
        if ((b.offloads & bit_of(i)) != 0 && !adjust_offload(packet, outer_length, b.frames[i], b.lengths[i]))
            [[unlikely]]
            return b.drop(i, drop_reason::bad_offload, b.overlays[i]->counters[context.worker]);
        if ((b.floods & bit_of(i)) != 0) [[unlikely]]
            return deliver_flooded(context, b, i, counted);
        counted.count(b.overlays[i], b.lengths[i]);
        hand_over(context, b.overlays[i]->counters[context.worker], b.targets[i].port(), packet);
    });
}

}  // namespace waggle
