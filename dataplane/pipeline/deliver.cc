#include "dataplane/packet/inner_frame.hh"
#include "dataplane/packet/offload.hh"
#include "dataplane/packet/vxlan.hh"
#include "dataplane/pipeline/frame_copy.hh"
#include "dataplane/pipeline/hand_over.hh"
#include "dataplane/pipeline/plain_frames.hh"
#include "dataplane/pipeline/tunnel_stages.hh"

namespace waggle {
namespace {

constexpr std::uint16_t headers_of(const tunnel_burst& b, unsigned i) {
    return static_cast<std::uint16_t>(b.outer_lengths[i] + sizeof(vxlan_header));
}

/// Leaves the inner frame, without the padding that may follow it.
void strip(const tunnel_burst& b, unsigned i) {
    rte_mbuf* const packet = b.packets[i];
    const std::uint16_t length = b.lengths[i];
    packet->data_off = static_cast<std::uint16_t>(packet->data_off + headers_of(b, i));
    packet->data_len = length;
    packet->pkt_len = length;
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
        if (copy != nullptr) hand_over(context, counters, port, copy);
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
    ~run_counter() { write(_overlay, _worker, _packets, _bytes); }
    run_counter(const run_counter&) = delete;
    run_counter& operator=(const run_counter&) = delete;

    void count(const overlay_entry* overlay, std::uint64_t bytes) {
        if (overlay != _overlay) [[unlikely]] {
            write(_overlay, _worker, _packets, _bytes);
            _overlay = overlay;
            _packets = _bytes = 0;
        }
        ++_packets;
        _bytes += bytes;
    }

private:
    /// All by value: a counter whose address is never taken stays in registers.
    [[gnu::noinline]] static void write(const overlay_entry* overlay, unsigned worker, std::uint64_t packets,
                                        std::uint64_t bytes) {
        if (overlay == nullptr) return;
        overlay_counters& counters = overlay->counters[worker];
        counters.decapsulated_packets.add(packets);
        counters.decapsulated_bytes.add(bytes);
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

/// Frames for one port each, nothing left to do.
void deliver_plain(worker_context& context, tunnel_burst& b) {
    run_counter counted(context.worker);
    push_runs(*context.outputs, b, b.live, [&](unsigned i) {
        strip(b, i);
        counted.count(b.overlays[i], b.lengths[i]);
        return b.targets[i].port();
    });
}

/// The same where floods, offloads or shared buffers are among them.
void deliver_mixed(worker_context& context, tunnel_burst& b) {
    run_counter counted(context.worker);
    for_each(b.live, [&](unsigned i) {
        strip(b, i);
        overlay_counters& counters = b.overlays[i]->counters[context.worker];
        if ((b.offloads & bit_of(i)) != 0 &&
            !adjust_offload(b.packets[i], headers_of(b, i), b.frames[i], b.lengths[i]))
            return b.drop(i, drop_reason::bad_offload, counters);
        if ((b.floods & bit_of(i)) != 0) return deliver_flooded(context, b, i, counted);
        counted.count(b.overlays[i], b.lengths[i]);
        hand_over(context, counters, b.targets[i].port(), b.packets[i]);
    });
}

}  // namespace

void deliver(worker_context& context, tunnel_burst& b) {
    if ((b.live & (b.offloads | b.floods | b.shared)) == 0) [[likely]]
        deliver_plain(context, b);
    else
        deliver_mixed(context, b);
}

}  // namespace waggle
