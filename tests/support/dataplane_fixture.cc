#include "tests/support/dataplane_fixture.hh"

#include <cstdio>
#include <cstdlib>

#include <rte_mbuf.h>

#include "dataplane/packet/shared_buffer.hh"

namespace waggle::test {
namespace {

void collect_burst(void* owner, port_index port, rte_mbuf** packets, unsigned count) {
    auto& sent = *static_cast<std::vector<sent_frame>*>(owner);
    for (unsigned i = 0; i < count; ++i) {
        const auto* data = rte_pktmbuf_mtod(packets[i], const std::uint8_t*);
        sent_frame frame{.port = port, .content = bytes(data, data + packets[i]->data_len)};
        if (packets[i]->pkt_len != packets[i]->data_len || packets[i]->nb_segs != 1) std::abort();
        frame.offload_pending = has_offload(packets[i]);
        frame.shared = is_in_shared_buffer(packets[i]);
        if (frame.offload_pending) frame.offload = offload_of(packets[i]);
        sent.push_back(std::move(frame));
        rte_pktmbuf_free(packets[i]);
    }
}

template <typename T>
T value_of(result<T> made) {
    if (made.ok()) return *made;
    std::fprintf(stderr, "%s\n", made.failure().message.c_str());
    std::abort();
}

}  // namespace

dataplane_fixture::dataplane_fixture() : _outputs(collect_burst, &_sent) {
    red = value_of(writer.create_overlay(*vni::from(7000), {.mtu = mtu, .flood = false}));
    blue = value_of(writer.create_overlay(*vni::from(8000), {.mtu = mtu, .flood = true}));
    const auto reachable = [&](const ip_address& remote, const ip_address& source) {
        return value_of(writer.create_vtep(make_vtep_entry({.remote = remote,
                                                            .source = source,
                                                            .source_mac = own_mac,
                                                            .destination_mac = peer_mac,
                                                            .udp_port = 4789,
                                                            .path_mtu = path_mtu,
                                                            .port = underlay})));
    };
    v4_peer = reachable(peer_v4, own_v4);
    v6_peer = reachable(peer_v6, own_v6);
    lost_peer = value_of(writer.create_vtep(make_unreachable_vtep_entry(lost_v4)));
    for (const overlay_index overlay : {red, blue}) {
        for (const vtep_index vtep : {v4_peer, v6_peer, lost_peer}) writer.add_member(overlay, vtep);
        const auto first = static_cast<port_index>(overlay == red ? 1 : 3);
        writer.add_port(overlay, first);
        writer.add_port(overlay, static_cast<port_index>(first + 1));
    }
    add_endpoint(local_a, forwarding_value::local(1), forwarding_value::local(3));
    add_endpoint(local_b, forwarding_value::local(2), forwarding_value::local(4));
    add_endpoint(remote_4, forwarding_value::remote(v4_peer), forwarding_value::remote(v4_peer));
    add_endpoint(remote_6, forwarding_value::remote(v6_peer), forwarding_value::remote(v6_peer));
    add_endpoint(lost, forwarding_value::remote(lost_peer), forwarding_value::remote(lost_peer));
    writer.commit();

    context.tables = &tables;
    context.outputs = &_outputs;
    context.no_overlay_counters = writer.no_overlay_counters(0);
    context.takes_offloads = &takes_offloads;
    context.packet_pool = pool.pool();
    context.vtep_v4 = own_v4;
    context.vtep_v6 = own_v6;
    context.now = 1'000'000'000;
    context.ticks_per_second = 1'000'000;
    rcu.enter(0);
}

dataplane_fixture::~dataplane_fixture() {
    rcu.leave(0);
}

void dataplane_fixture::add_endpoint(const endpoint& added, forwarding_value red_place,
                                     forwarding_value blue_place) {
    writer.upsert_forwarding(red, added.mac, red_place);
    writer.upsert_forwarding(blue, added.mac, blue_place);
    for (const overlay_index overlay : {red, blue})
        for (const ip_address& address : {added.v4, added.v6})
            writer.upsert_neighbour(overlay, address, added.mac);
}

std::vector<rte_mbuf*> dataplane_fixture::packets_of(const std::vector<frame_in>& frames) {
    std::vector<rte_mbuf*> packets;
    for (const frame_in& frame : frames) {
        packets.push_back(pool.packet(frame.content, RTE_PKTMBUF_HEADROOM, tailroom));
        if (frame.offload) set_offload(packets.back(), *frame.offload);
    }
    return packets;
}

std::vector<sent_frame> dataplane_fixture::collect() {
    _outputs.flush_all();
    return std::exchange(_sent, {});
}

std::vector<sent_frame> dataplane_fixture::encapsulate(port_index from, overlay_index overlay,
                                                       const std::vector<frame_in>& frames) {
    std::vector<rte_mbuf*> packets = packets_of(frames);
    waggle::encapsulate(context, from, overlay, packets.data(), static_cast<unsigned>(packets.size()));
    return collect();
}

std::vector<sent_frame> dataplane_fixture::decapsulate(const std::vector<frame_in>& packets_in,
                                                       std::optional<port_index> exception_port) {
    return decapsulate_from({.port = underlay, .exception = exception_port}, packets_in);
}

std::vector<sent_frame> dataplane_fixture::decapsulate_from(const underlay_origin& from,
                                                            const std::vector<frame_in>& packets_in) {
    std::vector<rte_mbuf*> packets = packets_of(packets_in);
    waggle::decapsulate(context, from, packets.data(), static_cast<unsigned>(packets.size()));
    return collect();
}

std::map<std::string, std::uint64_t> dataplane_fixture::drops() const {
    std::map<std::string, std::uint64_t> sums;
    for (const overlay_counters* counters :
         {context.no_overlay_counters, tables.overlay(red)->counters, tables.overlay(blue)->counters})
        for (std::size_t i = 0; i < drop_reason_count; ++i)
            if (const std::uint64_t n = counters->drops[i].read(); n != 0)
                sums[std::string(name_of(static_cast<drop_reason>(i)))] += n;
    return sums;
}

outer_fields dataplane_fixture::to_peer(const ip_address& peer) const {
    return {.destination_mac = peer_mac,
            .source_mac = own_mac,
            .source = peer.is_v4() ? own_v4 : own_v6,
            .destination = peer,
            .sum = peer.is_v4() ? checksum::zero : checksum::full};
}

outer_fields dataplane_fixture::from_peer(const ip_address& peer) const {
    return {.destination_mac = own_mac,
            .source_mac = peer_mac,
            .source = peer,
            .destination = peer.is_v4() ? own_v4 : own_v6,
            .sum = peer.is_v4() ? checksum::zero : checksum::full};
}

}  // namespace waggle::test
