#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <rte_mbuf.h>

#include "bench/harness.hh"
#include "dataplane/packet/packet_offload.hh"
#include "dataplane/pipeline/decapsulate.hh"
#include "dataplane/pipeline/encapsulate.hh"
#include "dataplane/table/table_writer.hh"
#include "tests/support/packet_builder.hh"

/// Both pipelines on one core, in memory: bursts of 64, destinations drawn from 10,000 entries behind 16
/// VTEPs.
///
/// `encapsulate` and `decapsulate` are the pipelines alone: from the burst that a port has delivered to the
/// burst handed to the port that sends it. What stands in for the ports is not in these figures but stated
/// beside them: `packet_source` is a burst taken from a packet pool, its headers written as a port would
/// leave them in the cache, and given back to the pool. `encapsulate_with_source` and
/// `decapsulate_with_source` are both together, timed as one.
namespace waggle::bench {
namespace {

constexpr unsigned burst = 64;
constexpr unsigned bursts = 16;
constexpr std::uint32_t entries = 10'000;
constexpr std::uint32_t peers = 16;
constexpr std::size_t inner_headers = 42;
constexpr std::size_t outer_headers = 50;
constexpr port_index access_port = 1;

mac_address endpoint_mac(std::uint32_t n) {
    return mac_address::from_u64(0x0242'0a00'0000 + n);
}
ip_address endpoint_ip(std::uint32_t n) {
    return ip_address::from_v4(0x0a00'0000 + n);
}
ip_address peer_ip(std::uint32_t n) {
    return ip_address::from_v4(0xc000'0264 + n);
}

template <typename T>
T value_of(result<T> made) {
    if (!made.ok()) throw std::runtime_error(made.failure().message);
    return *made;
}

/// The port that sends: keeps what it gets, for the harness to free.
struct sink {
    std::array<rte_mbuf*, 2 * burst> packets;
    unsigned count = 0;

    static void take(void* self, port_index, rte_mbuf** packets, unsigned count) {
        auto& into = *static_cast<sink*>(self);
        std::copy_n(packets, count, into.packets.begin() + into.count);
        into.count += count;
    }
    void free() { rte_pktmbuf_free_bulk(packets.data(), std::exchange(count, 0)); }
};

/// A worker with tables; all entries remote (to encapsulate) or local (to decapsulate).
struct subject {
    rcu_domain rcu{1};
    waggle::tables tables{rcu};
    table_writer writer{tables, rcu, 1};
    offload_flags takes_offloads{};
    sink sent;
    waggle::outputs outputs{sink::take, &sent};
    worker_context context;
    overlay_index overlay = 0;
    std::shared_ptr<rte_mempool> pool;
    fast_random random{1};
    std::size_t frame_length = 0;
    /// What packets start with; one for each peer.
    std::vector<std::array<std::uint8_t, 96>> headers;

    ~subject() {
        rcu.leave(0);
        rcu.synchronize();
    }
};

std::shared_ptr<rte_mempool> make_pool() {
    need_eal();
    static unsigned serial = 0;
    const std::string name = "bench_packets" + std::to_string(serial++);
    std::shared_ptr<rte_mempool> pool(
        rte_pktmbuf_pool_create(name.c_str(), 4095, 256, mbuf_private_size, 2176, SOCKET_ID_ANY),
        rte_mempool_free);
    if (!pool) throw std::runtime_error("no memory for packets");
    return pool;
}

std::shared_ptr<subject> make_subject(std::size_t frame_length, bool local) {
    auto made = std::make_shared<subject>();
    made->pool = make_pool();
    made->frame_length = frame_length;
    made->overlay = value_of(made->writer.create_overlay(*vni::from(7000), {.mtu = 1450, .flood = false}));
    const ip_address own = ip_address::from_v4(0xc000'0201);
    std::vector<vtep_index> vteps;
    for (std::uint32_t i = 0; i < peers; ++i) {
        vteps.push_back(value_of(made->writer.create_vtep(
            make_vtep_entry({.remote = peer_ip(i),
                             .source = own,
                             .source_mac = mac_address::from_u64(0x0200'0000'0001),
                             .destination_mac = mac_address::from_u64(0x0200'0000'0002),
                             .udp_port = 4789,
                             .path_mtu = 1500,
                             .port = 0}))));
        made->writer.add_member(made->overlay, vteps.back());
    }
    for (std::uint32_t i = 0; i < entries; ++i)
        made->writer.upsert_forwarding(
            made->overlay, endpoint_mac(i),
            local ? forwarding_value::local(access_port) : forwarding_value::remote(vteps[i % peers]));
    made->writer.commit();

    using namespace waggle::test;
    const ip_address source = ip_address::from_v4(0x0aff'0001);
    for (std::uint32_t i = 0; i < peers; ++i) {
        const bytes frame = ethernet(endpoint_mac(0), mac_address::from_u64(0x0242'0aff'0001), 0x0800,
                                     ipv4(source, endpoint_ip(0), 17,
                                          udp(source, endpoint_ip(0), 4000, 5000,
                                              pattern(frame_length - inner_headers), checksum::zero)));
        const bytes packet = local ? tunnelled({.destination_mac = mac_address::from_u64(0x0200'0000'0001),
                                                .source_mac = mac_address::from_u64(0x0200'0000'0002),
                                                .source = peer_ip(i),
                                                .destination = own},
                                               7000, frame)
                                   : frame;
        auto& header = made->headers.emplace_back();
        std::memcpy(header.data(), packet.data(), std::min(header.size(), packet.size()));
    }

    worker_context& context = made->context;
    context.tables = &made->tables;
    context.outputs = &made->outputs;
    context.no_overlay_counters = made->writer.no_overlay_counters(0);
    context.takes_offloads = &made->takes_offloads;
    context.packet_pool = made->pool.get();
    context.vtep_v4 = own;
    made->rcu.enter(0);
    return made;
}

/// A burst as a port would deliver it. `headers`: bytes written per packet; the inner frame starts `inner`
/// bytes into them.
template <std::size_t headers, std::size_t inner>
void receive(subject& from, rte_mbuf** packets) {
    if (rte_pktmbuf_alloc_bulk(from.pool.get(), packets, burst) != 0)
        throw std::runtime_error("pool is empty");
    for (unsigned i = 0; i < burst; ++i) {
        const std::uint32_t destination = from.random.below(entries);
        auto* data = rte_pktmbuf_mtod(packets[i], std::uint8_t*);
        std::memcpy(data, from.headers[destination % peers].data(), headers);
        const std::uint64_t mac = __builtin_bswap64(0x0242'0a00'0000U + destination) >> 16;
        std::memcpy(data + inner, &mac, 4);
        std::memcpy(data + inner + 4, reinterpret_cast<const char*>(&mac) + 4, 2);
        packets[i]->data_len = static_cast<std::uint16_t>(inner + from.frame_length);
        packets[i]->pkt_len = static_cast<std::uint32_t>(inner + from.frame_length);
    }
}

/// What of the work between two bursts counts.
enum class timing : std::uint8_t { pipeline, everything };

template <std::size_t headers, std::size_t inner, typename Handle>
measured measure(std::size_t frame_length, bool local, timing counted, Handle handle) {
    auto used = make_subject(frame_length, local);
    auto spent = std::make_shared<std::uint64_t>(0);
    return {.run =
                [used, spent, handle] {
                    std::array<rte_mbuf*, burst> packets;
                    for (unsigned b = 0; b < bursts; ++b) {
                        receive<headers, inner>(*used, packets.data());
                        const std::uint64_t start = ticks();
                        handle(*used, packets.data());
                        used->rcu.quiescent(0);
                        *spent += ticks() - start;
                        used->sent.free();
                    }
                    return std::uint64_t{burst} * bursts;
                },
            .counted_ticks = counted == timing::pipeline ? spent : nullptr,
            .report =
                [used] {
                    // A benchmark of dropped packets would be none.
                    std::map<std::string, double> counters;
                    double drops = 0;
                    for (const worker_counter& each : used->context.no_overlay_counters->drops)
                        drops += static_cast<double>(each.read());
                    for (const worker_counter& each : used->tables.overlay(used->overlay)->counters->drops)
                        drops += static_cast<double>(each.read());
                    if (drops != 0) throw std::runtime_error("packets were dropped");
                    return counters;
                }};
}

measured encapsulation(std::size_t length, timing counted) {
    return measure<inner_headers, 0>(length, false, counted, [](subject& used, rte_mbuf** packets) {
        encapsulate(used.context, access_port, used.overlay, packets, burst);
        used.outputs.flush_all();
    });
}

measured decapsulation(std::size_t length, timing counted) {
    return measure<outer_headers + inner_headers, outer_headers>(
        length, true, counted, [](subject& used, rte_mbuf** packets) {
            decapsulate(used.context, {.port = 0, .exception = {}}, packets, burst);
            used.outputs.flush_all();
        });
}

/// No pipeline.
void pass(subject& used, rte_mbuf** packets) {
    sink::take(&used.sent, 0, packets, burst);
}

using maker = measured (*)(std::size_t length, timing counted);

void add_pipeline(const std::string& name, maker make, contender source) {
    std::vector<contender> all;
    for (const std::size_t length : {64U, 512U, 1400U})
        all.push_back({.name = name + "/" + std::to_string(length),
                       .make = [make, length] { return make(length, timing::pipeline); }});
    all.push_back(
        {.name = name + "_with_source/64", .make = [make] { return make(64, timing::everything); }});
    all.push_back(std::move(source));
    add_group(std::move(all));
}

const registration pipelines([] {
    add_pipeline("encapsulate", encapsulation,
                 {.name = "packet_source/access",
                  .make = [] { return measure<inner_headers, 0>(64, false, timing::everything, pass); }});
    add_pipeline("decapsulate", decapsulation,
                 {.name = "packet_source/underlay", .make = [] {
                      return measure<outer_headers + inner_headers, outer_headers>(64, true,
                                                                                   timing::everything, pass);
                  }});
});

}  // namespace
}  // namespace waggle::bench
