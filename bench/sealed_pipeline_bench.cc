// Both pipelines with ESP, VXLAN included, on one core and in memory: 10,000 entries behind one peer, bursts
// of 64.
//
// `seal_encapsulate` and `open_decapsulate` are the pipelines alone, from the burst that a port has delivered
// to the burst handed to the port that sends it, as `encapsulate` and `decapsulate` are (pipeline_bench.cc).
// The same names with `_with_source` have in them what stands in for the ports: packets taken from a pool,
// their headers (to seal) or all their bytes (to open) written, and given back. What is opened was sealed by
// the other pipeline just before, unmeasured, so that replay windows see the stream that they see in life.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include <rte_mbuf.h>

#include "bench/esp_contenders.hh"
#include "bench/esp_suites.hh"
#include "bench/harness.hh"
#include "dataplane/packet/packet_offload.hh"
#include "dataplane/pipeline/decapsulate.hh"
#include "dataplane/pipeline/encapsulate.hh"
#include "dataplane/table/table_writer.hh"
#include "tests/support/packet_builder.hh"

namespace waggle::bench {
namespace {

constexpr unsigned burst = 64;
constexpr unsigned bursts = 4;
constexpr std::uint32_t entries = 10'000;
constexpr std::size_t header_bytes = 42;
constexpr std::size_t buffer_length = 1664;

/// What of the work between two bursts counts.
enum class timing : std::uint8_t { pipeline, everything };

/// A burst on the wire.
struct wire {
    struct alignas(64) packet {
        std::array<std::uint8_t, buffer_length> bytes;
        std::uint16_t length = 0;
    };
    std::vector<packet> packets{burst};
};

/// The port that sends: keeps what it gets.
struct sink {
    std::array<rte_mbuf*, burst> packets;
    unsigned count = 0;

    static void take(void* self, port_index, rte_mbuf** packets, unsigned count) {
        auto& into = *static_cast<sink*>(self);
        std::copy_n(packets, count, into.packets.begin() + into.count);
        into.count += count;
    }
    void copy_to(wire& onto) const {
        if (count != burst) throw std::runtime_error("packets were dropped");
        for (unsigned i = 0; i < burst; ++i) {
            onto.packets[i].length = packets[i]->data_len;
            std::memcpy(onto.packets[i].bytes.data(), rte_pktmbuf_mtod(packets[i], const void*),
                        packets[i]->data_len);
        }
    }
    void free() { rte_pktmbuf_free_bulk(packets.data(), std::exchange(count, 0)); }
};

/// Docker's suite in its profile, the others in Waggle's.
protection_kind kind_of(const esp_suite& suite) {
    return suite.icv_length == 8 ? protection_kind::docker : protection_kind::waggle;
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
        overlay = esp_must(writer.create_overlay(
            *vni::from(7000), {.mtu = 1450, .flood = false, .protection = kind_of(suite)}));
        const vtep_index peer = esp_must(
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
        add_association(suite, sends, peer, there);
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

    void add_association(const esp_suite& suite, bool sends, vtep_index peer, const ip_address& there) {
        const esp::association_parameters parameters = esp_parameters(suite);
        const protection_kind kind = kind_of(suite);
        if (sends) {
            sealing = esp_must(esp::make_outbound(parameters));
            writer.set_sender(kind == protection_kind::docker ? no_overlay : overlay, peer, 0,
                              sender(sealing.get(), 0));
            return;
        }
        const auto policy =
            kind == protection_kind::docker ? esp::replay_policy::resync : esp::replay_policy::strict;
        opening = esp_must(esp::make_inbound(parameters, {.policy = policy}));
        opening->binding = protection::of(kind, overlay).raw();
        writer.set_receiver(parameters.index, there, *opening);
    }

    void allocate(rte_mbuf** packets) {
        if (rte_pktmbuf_alloc_bulk(pool.get(), packets, burst) != 0)
            throw std::runtime_error("pool is empty");
    }
    /// Frames as an access port delivers them.
    void receive_frames(rte_mbuf** packets) {
        allocate(packets);
        for (unsigned i = 0; i < burst; ++i) {
            auto* data = rte_pktmbuf_mtod(packets[i], std::uint8_t*);
            std::memcpy(data, frame.data(), header_bytes);
            const std::uint32_t destination = random.below(entries);
            data[4] = static_cast<std::uint8_t>(destination >> 8);
            data[5] = static_cast<std::uint8_t>(destination);
            packets[i]->data_len = static_cast<std::uint16_t>(frame_length);
            packets[i]->pkt_len = static_cast<std::uint32_t>(frame_length);
        }
    }
    void receive_wire(const wire& from, rte_mbuf** packets) {
        allocate(packets);
        for (unsigned i = 0; i < burst; ++i) {
            const wire::packet& each = from.packets[i];
            std::memcpy(rte_pktmbuf_mtod(packets[i], void*), each.bytes.data(), each.length);
            packets[i]->data_len = each.length;
            packets[i]->pkt_len = each.length;
        }
    }
    void send(rte_mbuf** packets) {
        encapsulate(context, 1, overlay, packets, burst);
        outputs.flush_all();
        rcu.quiescent(0);
    }
    void open(rte_mbuf** packets) {
        decapsulate(context, {.port = 0, .exception = {}}, packets, burst);
        outputs.flush_all();
        rcu.quiescent(0);
    }
    std::map<std::string, double> check() const {
        // A benchmark of dropped packets would be none.
        for (const overlay_counters* counters :
             {context.no_overlay_counters, tables.overlay(overlay)->counters})
            for (const worker_counter& each : counters->drops)
                if (each.read() != 0) throw std::runtime_error("packets were dropped");
        return {};
    }

    rcu_domain rcu{1};
    waggle::tables tables{rcu};
    table_writer writer{tables, rcu, 1};
    offload_flags takes_offloads{};
    sink sent;
    waggle::outputs outputs{sink::take, &sent};
    worker_context context;
    overlay_index overlay = 0;
    std::shared_ptr<rte_mempool> pool;
    std::unique_ptr<esp::outbound_association> sealing;
    std::unique_ptr<esp::inbound_association> opening;
    fast_random random{1};
    std::size_t frame_length;
    test::bytes frame;
};

/// Counts the ticks of one burst: of all of it, or from pipeline_starts() to pipeline_ends().
class stop_watch {
public:
    stop_watch(timing counted, std::uint64_t& sum)
        : _pipeline_only(counted == timing::pipeline), _sum(sum), _start(ticks()) {}
    void pipeline_starts() {
        if (_pipeline_only) _start = ticks();
    }
    void pipeline_ends() {
        if (_pipeline_only) _sum += ticks() - _start;
    }
    void ends() {
        if (!_pipeline_only) _sum += ticks() - _start;
    }

private:
    /// What the source or the pipeline has written so far is its own work, even if the CPU does it later.
    static std::uint64_t ticks_after_stores() {
        std::atomic_thread_fence(std::memory_order_seq_cst);
        return ticks();
    }

    bool _pipeline_only;
    std::uint64_t& _sum;
    std::uint64_t _start;
};

measured sealing(const esp_suite& suite, std::size_t length, timing counted) {
    auto used = std::make_shared<end>(suite, length, true);
    auto spent = std::make_shared<std::uint64_t>(0);
    return {.run =
                [used, spent, counted] {
                    std::array<rte_mbuf*, burst> packets;
                    for (unsigned i = 0; i < bursts; ++i) {
                        stop_watch watch(counted, *spent);
                        used->receive_frames(packets.data());
                        watch.pipeline_starts();
                        used->send(packets.data());
                        watch.pipeline_ends();
                        used->sent.free();
                        watch.ends();
                    }
                    return std::uint64_t{burst} * bursts;
                },
            .counted_ticks = spent,
            .report = [used] { return used->check(); }};
}

measured opening(const esp_suite& suite, std::size_t length, timing counted) {
    auto from = std::make_shared<end>(suite, length, true);
    auto used = std::make_shared<end>(suite, length, false);
    auto between = std::make_shared<wire>();
    auto spent = std::make_shared<std::uint64_t>(0);
    return {.run =
                [from, used, between, spent, counted] {
                    std::array<rte_mbuf*, burst> packets;
                    for (unsigned i = 0; i < bursts; ++i) {
                        from->receive_frames(packets.data());
                        from->send(packets.data());
                        from->sent.copy_to(*between);
                        from->sent.free();
                        stop_watch watch(counted, *spent);
                        used->receive_wire(*between, packets.data());
                        watch.pipeline_starts();
                        used->open(packets.data());
                        watch.pipeline_ends();
                        used->sent.free();
                        watch.ends();
                    }
                    return std::uint64_t{burst} * bursts;
                },
            .counted_ticks = spent,
            .report = [used] { return used->check(); }};
}

using maker = measured (*)(const esp_suite& suite, std::size_t length, timing counted);

std::vector<contender> both_counts(const char* name, maker make, const char* bare, const esp_suite& suite,
                                   std::size_t length) {
    const std::string baseline = esp_name(bare, suite, length);
    return {{.name = esp_name(name, suite, length),
             .make = [&suite, length, make] { return make(suite, length, timing::pipeline); },
             .baseline = baseline},
            {.name = esp_name(std::string(name) + "_with_source", suite, length),
             .make = [&suite, length, make] { return make(suite, length, timing::everything); },
             .baseline = baseline}};
}

}  // namespace

std::vector<contender> seal_encapsulate(const esp_suite& suite, std::size_t frame_length) {
    return both_counts("seal_encapsulate", sealing, "bare_seal", suite, frame_length);
}

std::vector<contender> open_decapsulate(const esp_suite& suite, std::size_t frame_length) {
    return both_counts("open_decapsulate", opening, "bare_open", suite, frame_length);
}

}  // namespace waggle::bench
