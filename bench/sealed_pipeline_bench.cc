#include <array>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <vector>

#include <rte_mbuf.h>

#include "bench/esp_suites.hh"
#include "bench/harness.hh"
#include "dataplane/packet/packet_offload.hh"
#include "dataplane/pipeline/decapsulate.hh"
#include "dataplane/pipeline/encapsulate.hh"
#include "dataplane/table/table_writer.hh"
#include "tests/support/packet_builder.hh"

/// Both pipelines with ESP, VXLAN included, on one core and in memory: 10,000 entries behind one peer, bursts
/// of
/// 64. What is opened was sealed by the other pipeline; its association does not look at sequence numbers, so
/// that the same packets can come again, and `sealed_source` is what their copies cost.
namespace waggle::bench {
namespace {

constexpr unsigned burst = 64;
constexpr std::uint32_t entries = 10'000;
constexpr std::size_t header_bytes = 42;

template <typename T>
T must(result<T> made) {
    if (!made.ok()) throw std::runtime_error(made.failure().message);
    return *std::move(made);
}

using packet_bytes = std::vector<std::uint8_t>;

void collect_burst(void* owner, port_index, rte_mbuf** packets, unsigned count) {
    auto* kept = static_cast<std::vector<packet_bytes>*>(owner);
    for (unsigned i = 0; kept->size() < burst && i < count; ++i) {
        const auto* data = rte_pktmbuf_mtod(packets[i], const std::uint8_t*);
        kept->emplace_back(data, data + packets[i]->data_len);
    }
    rte_pktmbuf_free_bulk(packets, count);
}

/// One end of the tunnel; the other has its addresses the other way round.
struct end {
    end(const esp_suite& suite, std::size_t length, bool sends) : frame_length(length) {
        need_eal();
        static unsigned serial = 0;
        pool.reset(rte_pktmbuf_pool_create(("sealed_packets" + std::to_string(serial++)).c_str(), 4095, 256,
                                           mbuf_private_size, 2176, SOCKET_ID_ANY),
                   rte_mempool_free);
        if (!pool) throw std::runtime_error("no memory for packets");
        const ip_address here = ip_address::from_v4(sends ? 0xc000'0201 : 0xc000'0202);
        const ip_address there = ip_address::from_v4(sends ? 0xc000'0202 : 0xc000'0201);
        overlay = must(writer.create_overlay(
            *vni::from(7000), {.mtu = 1450, .flood = false, .protection = protection_kind::docker}));
        const vtep_index peer = must(
            writer.create_vtep(make_vtep_entry({.remote = there,
                                                .source = here,
                                                .source_mac = mac_address::from_u64(0x0200'0000'0001),
                                                .destination_mac = mac_address::from_u64(0x0200'0000'0002),
                                                .udp_port = 4789,
                                                .path_mtu = 1500,
                                                .port = 0})));
        writer.add_member(overlay, peer);
        for (std::uint32_t i = 0; i < entries; ++i)
            writer.upsert_forwarding(overlay, mac_address::from_u64(0x0242'0a00'0000 + i),
                                     sends ? forwarding_value::remote(peer) : forwarding_value::local(1));
        esp::association_parameters parameters = esp_parameters(suite);
        parameters.extended_sequence = false;
        if (sends) {
            sealing = must(esp::make_outbound(parameters));
            writer.set_sender(no_overlay, peer, 0, sender(sealing.get(), 0));
        } else {
            opening = must(esp::make_inbound(parameters, {.policy = esp::replay_policy::off, .window = 64}));
            opening->binding = protection::of(protection_kind::docker, 0).raw();
            writer.set_receiver(parameters.index, there, *opening);
        }
        writer.commit();
        context.tables = &tables;
        context.outputs = &outputs;
        context.no_overlay_counters = writer.no_overlay_counters(0);
        context.takes_offloads = &takes_offloads;
        context.packet_pool = pool.get();
        context.vtep_v4 = here;
        context.now = 1'000'000;
        context.ticks_per_second = 1'000'000;
        rcu.enter(0);
        using namespace waggle::test;
        const ip_address from = ip_address::from_v4(0x0aff'0001);
        const ip_address to = ip_address::from_v4(0x0a00'0001);
        frame = ethernet(
            mac_address::from_u64(0x0242'0a00'0000), mac_address::from_u64(0x0242'0aff'0001), 0x0800,
            ipv4(from, to, 17, udp(from, to, 4000, 5000, pattern(length - header_bytes), checksum::zero)));
    }
    ~end() {
        rcu.leave(0);
        rcu.synchronize();
    }

    void allocate(rte_mbuf** packets) {
        if (rte_pktmbuf_alloc_bulk(pool.get(), packets, burst) != 0)
            throw std::runtime_error("pool is empty");
    }
    void send() {
        std::array<rte_mbuf*, burst> packets;
        allocate(packets.data());
        for (rte_mbuf* packet : packets) {
            auto* data = rte_pktmbuf_mtod(packet, std::uint8_t*);
            std::memcpy(data, frame.data(), header_bytes);
            const std::uint32_t destination = random.below(entries);
            data[4] = static_cast<std::uint8_t>(destination >> 8);
            data[5] = static_cast<std::uint8_t>(destination);
            packet->data_len = static_cast<std::uint16_t>(frame_length);
            packet->pkt_len = static_cast<std::uint32_t>(frame_length);
        }
        encapsulate(context, 1, overlay, packets.data(), burst);
        outputs.flush_all();
        rcu.quiescent(0);
    }
    void receive(const std::vector<packet_bytes>& from, bool open) {
        std::array<rte_mbuf*, burst> packets;
        allocate(packets.data());
        for (unsigned i = 0; i < burst; ++i) {
            std::memcpy(rte_pktmbuf_mtod(packets[i], void*), from[i].data(), from[i].size());
            packets[i]->data_len = static_cast<std::uint16_t>(from[i].size());
            packets[i]->pkt_len = static_cast<std::uint32_t>(from[i].size());
        }
        if (!open) return rte_pktmbuf_free_bulk(packets.data(), burst);
        decapsulate(context, {.port = 0, .exception = {}}, packets.data(), burst);
        outputs.flush_all();
        rcu.quiescent(0);
    }
    void check() {
        for (const overlay_counters* counters :
             {context.no_overlay_counters, tables.overlay(overlay)->counters})
            for (const worker_counter& each : counters->drops)
                if (each.read() != 0) throw std::runtime_error("packets were dropped");
    }

    rcu_domain rcu{1};
    waggle::tables tables{rcu};
    table_writer writer{tables, rcu, 1};
    offload_flags takes_offloads{};
    /// The first packets that left.
    std::vector<packet_bytes> left;
    waggle::outputs outputs{collect_burst, &left};
    worker_context context;
    overlay_index overlay = 0;
    std::shared_ptr<rte_mempool> pool;
    std::unique_ptr<esp::outbound_association> sealing;
    std::unique_ptr<esp::inbound_association> opening;
    fast_random random{1};
    std::size_t frame_length;
    packet_bytes frame;
};

measured seal_encapsulate(const esp_suite& suite, std::size_t length) {
    auto used = std::make_shared<end>(suite, length, true);
    return {.run =
                [used] {
                    for (unsigned i = 0; i < 4; ++i) used->send();
                    return std::uint64_t{4} * burst;
                },
            .report =
                [used] {
                    used->check();
                    return std::map<std::string, double>{};
                }};
}

measured open_decapsulate(const esp_suite& suite, std::size_t length, bool open) {
    auto from = std::make_shared<end>(suite, length, true);
    from->send();
    auto used = std::make_shared<end>(suite, length, false);
    return {.run =
                [from, used, open] {
                    for (unsigned i = 0; i < 4; ++i) used->receive(from->left, open);
                    return std::uint64_t{4} * burst;
                },
            .report =
                [used] {
                    used->check();
                    return std::map<std::string, double>{};
                }};
}

const registration sealed_pipelines([] {
    for (const esp_suite& suite : esp_suites)
        for (const std::size_t length : esp_frame_lengths)
            add_group({
                {.name = esp_name("seal_encapsulate", suite, length),
                 .make = [&suite, length] { return seal_encapsulate(suite, length); }},
                {.name = esp_name("open_decapsulate", suite, length),
                 .make = [&suite, length] { return open_decapsulate(suite, length, true); }},
                {.name = esp_name("sealed_source", suite, length),
                 .make = [&suite, length] { return open_decapsulate(suite, length, false); }},
            });
});

}  // namespace
}  // namespace waggle::bench
