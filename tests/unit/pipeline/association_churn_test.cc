// Associations of 100 peers on 10 overlays come and go at random while two workers seal and open with them.
// Also run under ThreadSanitizer.
#include <array>
#include <atomic>
#include <deque>
#include <iostream>
#include <map>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

#include <gtest/gtest.h>
#include <rte_mbuf.h>

#include "dataplane/pipeline/decapsulate.hh"
#include "dataplane/pipeline/encapsulate.hh"
#include "dataplane/table/table_writer.hh"
#include "tests/support/heap_pool.hh"
#include "tests/support/packet_builder.hh"

namespace waggle::test {
namespace {

constexpr unsigned worker_count = 2;
constexpr unsigned overlay_count = 10;
constexpr unsigned peer_count = 100;
/// The last overlay is a docker one, whose associations are the peers'.
constexpr unsigned docker_overlay = overlay_count - 1;
constexpr port_index underlay_port = 0;

std::uint32_t below(std::mt19937_64& random, std::size_t limit) {
    return static_cast<std::uint32_t>(random() % limit);
}
vni vni_of(unsigned overlay) {
    return *vni::from(7000 + overlay);
}
port_index port_of(unsigned overlay) {
    return static_cast<port_index>(1 + overlay);
}
ip_address address_of(unsigned peer) {
    return ip_address::from_v4(0x0a09'0002 + peer);
}
/// Of the endpoint that lives behind `peer`, on every overlay.
mac_address mac_of(unsigned peer) {
    return mac_address::from_u64(0x0242'0000'0000 + peer);
}
const ip_address own_address = ip("10.9.1.1");
const mac_address own_mac = mac("02:00:00:00:01:01");
const mac_address container_mac = mac("02:00:00:00:00:0a");

/// One side: all overlays with all peers as members. On the sending side the endpoints are the peers', on the
/// receiving side the host's own.
struct side {
    rcu_domain rcu{worker_count};
    waggle::tables tables{rcu};
    table_writer writer{tables, rcu, worker_count};
    offload_flags takes_offloads{};
    std::array<overlay_index, overlay_count> overlays{};
    std::array<vtep_index, peer_count> vteps{};

    explicit side(bool sends) {
        for (unsigned peer = 0; peer < peer_count; ++peer)
            vteps[peer] = *writer.create_vtep(make_vtep_entry({.remote = address_of(peer),
                                                               .source = own_address,
                                                               .source_mac = own_mac,
                                                               .destination_mac = own_mac,
                                                               .udp_port = 4789,
                                                               .path_mtu = 1500,
                                                               .port = underlay_port}));
        for (unsigned overlay = 0; overlay < overlay_count; ++overlay) {
            const auto kind = overlay == docker_overlay ? protection_kind::docker : protection_kind::waggle;
            overlays[overlay] =
                *writer.create_overlay(vni_of(overlay), {.mtu = 1400, .flood = false, .protection = kind});
            writer.add_port(overlays[overlay], port_of(overlay));
            for (unsigned peer = 0; peer < peer_count; ++peer) {
                writer.add_member(overlays[overlay], vteps[peer]);
                writer.upsert_forwarding(overlays[overlay], mac_of(peer),
                                         sends ? forwarding_value::remote(vteps[peer])
                                               : forwarding_value::local(port_of(overlay)));
            }
        }
        writer.commit();
    }

    std::uint64_t drops(drop_reason reason) const {
        std::uint64_t sum = 0;
        for (unsigned worker = 0; worker < worker_count; ++worker) {
            sum += writer.counters(no_overlay, worker).drops[static_cast<std::size_t>(reason)];
            for (const overlay_index overlay : overlays)
                sum += writer.counters(overlay, worker).drops[static_cast<std::size_t>(reason)];
        }
        return sum;
    }
    std::uint64_t all_drops() const {
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < drop_reason_count; ++i) sum += drops(static_cast<drop_reason>(i));
        return sum;
    }
};

/// Packets for a worker that owns their association. As contents: a heap_pool is one thread's.
class inbox {
public:
    void put(bytes packet) {
        const std::scoped_lock guard(_mutex);
        _packets.push_back(std::move(packet));
    }
    std::deque<bytes> take() {
        const std::scoped_lock guard(_mutex);
        return std::exchange(_packets, {});
    }

private:
    std::mutex _mutex;
    std::deque<bytes> _packets;
};

/// What both workers and the writer share.
struct world {
    std::array<inbox, worker_count> inboxes;
    /// For opened packets, which the owner spreads.
    std::array<inbox, worker_count> opened_inboxes;
    side sending{true};
    side receiving{false};
    std::atomic<bool> stop{false};
    std::array<std::atomic<std::uint64_t>, worker_count> bursts{};
};

/// A worker of both sides: seals bursts to many peers, turns them round and opens them.
class traffic {
public:
    traffic(world& shared, unsigned worker, std::uint64_t seed)
        : _world(shared),
          _worker(worker),
          _random(seed),
          _outputs(collect, this),
          _others(hand_over, this),
          _others_opened(hand_opened_over, this) {
        _encapsulate = context_of(shared.sending);
        _decapsulate = context_of(shared.receiving);
        _decapsulate.other_workers_opened = &_others_opened;
        _decapsulate.spreader = flow_spreader(worker, worker_count);
    }

    void run() {
        _world.sending.rcu.enter(_worker);
        _world.receiving.rcu.enter(_worker);
        while (!_world.stop.load(std::memory_order_relaxed)) {
            burst();
            take_over();
            _world.sending.rcu.quiescent(_worker);
            _world.receiving.rcu.quiescent(_worker);
            _world.bursts[_worker].fetch_add(1, std::memory_order_relaxed);
        }
        _world.sending.rcu.leave(_worker);
        _world.receiving.rcu.leave(_worker);
        EXPECT_EQ(_pool.in_use(), 0U);
    }

    /// Opens what the other worker handed over, and delivers what that has opened.
    void take_over() {
        take(_world.inboxes[_worker].take(), {.exception = {}, .handed_over = true});
        spread += take(_world.opened_inboxes[_worker].take(), {.exception = {}, .opened = true});
        flush();
        count_delivered();
    }

    std::uint64_t in = 0;
    std::uint64_t sealed = 0;
    std::uint64_t delivered = 0;
    std::uint64_t spread = 0;

private:
    worker_context context_of(side& of) {
        worker_context context;
        context.tables = &of.tables;
        context.outputs = &_outputs;
        context.other_workers = &_others;
        context.no_overlay_counters = of.writer.no_overlay_counters(_worker);
        context.takes_offloads = &of.takes_offloads;
        context.packet_pool = _pool.pool();
        context.vtep_v4 = own_address;
        context.worker = _worker;
        context.now = 1;
        context.ticks_per_second = 1'000'000;
        return context;
    }

    std::uint64_t take(const std::deque<bytes>& contents, const underlay_origin& from) {
        std::array<rte_mbuf*, burst_capacity> packets{};
        unsigned count = 0;
        for (const bytes& content : contents) {
            packets[count++] = _pool.packet(content);
            if (count == burst_capacity)
                decapsulate(_decapsulate, from, packets.data(), std::exchange(count, 0));
        }
        if (count != 0) decapsulate(_decapsulate, from, packets.data(), count);
        return contents.size();
    }

    void burst() {
        const unsigned overlay = below(_random, overlay_count);
        const unsigned count = 1 + below(_random, burst_capacity);
        std::array<rte_mbuf*, burst_capacity> packets{};
        for (unsigned i = 0; i < count; ++i) {
            bytes payload = pattern(8 + below(_random, 64));
            payload[0] = static_cast<std::uint8_t>(overlay);
            const bytes frame = ethernet(mac_of(below(_random, peer_count)), container_mac, 0x88b5, payload);
            packets[i] = _pool.packet(frame, RTE_PKTMBUF_HEADROOM, 32);
        }
        in += count;
        encapsulate(_encapsulate, port_of(overlay), _world.sending.overlays[overlay], packets.data(), count);
        _outputs.flush_all();

        const std::deque<rte_mbuf*> sent = std::exchange(_collected, {});
        sealed += sent.size();
        // Always under load.
        for (unsigned i = 0; i < flow_spreader::loaded_at; ++i)
            _decapsulate.spreader.see_burst(flow_spreader::large_burst);
        unsigned turned = 0;
        for (rte_mbuf* packet : sent) packets[turned++] = turn_round(packet);
        decapsulate(_decapsulate, {.port = underlay_port, .exception = {}}, packets.data(), turned);
        flush();
        count_delivered();
    }

    void flush() {
        _outputs.flush_all();
        _others.flush_all();
        _others_opened.flush_all();
    }

    void count_delivered() {
        for (rte_mbuf* packet : std::exchange(_collected, {})) {
            ++delivered;
            // The overlay that a frame was sealed for is the one that it is delivered on.
            const auto* frame = rte_pktmbuf_mtod(packet, const std::uint8_t*);
            ASSERT_LT(frame[14], overlay_count);
            EXPECT_EQ(packet->port, port_of(frame[14]));
            rte_pktmbuf_free(packet);
        }
    }

    /// As if the peer had sent it: the header checksum does not see which address stands where, ESP's
    /// integrity check value covers neither.
    static rte_mbuf* turn_round(rte_mbuf* packet) {
        auto* ip = rte_pktmbuf_mtod_offset(packet, std::uint8_t*, 14);
        std::swap_ranges(ip + 12, ip + 16, ip + 16);
        return packet;
    }

    static void collect(void* self, port_index port, rte_mbuf** packets, unsigned count) {
        auto& to = static_cast<traffic*>(self)->_collected;
        for (unsigned i = 0; i < count; ++i) {
            packets[i]->port = port;
            to.push_back(packets[i]);
        }
    }

    static void move_to(inbox& to, rte_mbuf** packets, unsigned count) {
        for (unsigned i = 0; i < count; ++i) {
            const auto* data = rte_pktmbuf_mtod(packets[i], const std::uint8_t*);
            to.put(bytes(data, data + packets[i]->data_len));
            rte_pktmbuf_free(packets[i]);
        }
    }
    static void hand_over(void* self, port_index to, rte_mbuf** packets, unsigned count) {
        move_to(static_cast<traffic*>(self)->_world.inboxes[to], packets, count);
    }
    static void hand_opened_over(void* self, port_index to, rte_mbuf** packets, unsigned count) {
        move_to(static_cast<traffic*>(self)->_world.opened_inboxes[to], packets, count);
    }

    world& _world;
    unsigned _worker;
    std::mt19937_64 _random;
    heap_pool _pool;
    std::deque<rte_mbuf*> _collected;
    waggle::outputs _outputs;
    waggle::outputs _others;
    waggle::outputs _others_opened;
    worker_context _encapsulate;
    worker_context _decapsulate;
};

/// The control side: pairs of associations, each with an SPI and a key of its own.
class churn {
public:
    churn(world& shared, std::uint64_t seed) : _world(shared), _random(seed) {}

    void step() {
        const place at{below(_random, overlay_count), below(_random, peer_count),
                       below(_random, worker_count)};
        const bool remove = below(_random, 3) == 0;
        pair former = std::move(_pairs[at]);
        pair next = remove ? pair() : make(at);
        // As control does it: heard before it is sent with.
        if (next.in) _world.receiving.writer.set_receiver(next.index, address_of(at.peer), *next.in);
        const overlay_index overlay =
            at.overlay == docker_overlay ? no_overlay : _world.sending.overlays[at.overlay];
        _world.sending.writer.set_sender(overlay, _world.sending.vteps[at.peer], at.lane,
                                         next.out ? sender(next.out.get(), 0) : sender());
        if (former.out) retire(at, std::move(former));
        if (remove)
            _pairs.erase(at);
        else
            _pairs[at] = std::move(next);
        if (below(_random, 4) == 0) commit();
    }
    void remove_all() {
        for (auto& [at, each] : _pairs) {
            const overlay_index overlay =
                at.overlay == docker_overlay ? no_overlay : _world.sending.overlays[at.overlay];
            _world.sending.writer.set_sender(overlay, _world.sending.vteps[at.peer], at.lane, sender());
            retire(at, std::move(each));
        }
        _pairs.clear();
        commit();
    }
    void commit() {
        _world.sending.writer.commit();
        _world.receiving.writer.commit();
    }
    /// Retired ones that are still there.
    std::size_t kept() {
        std::erase_if(_retired, [](const std::weak_ptr<void>& each) { return each.expired(); });
        return _retired.size();
    }
    std::uint64_t made() const { return _next_spi - first_spi; }

private:
    struct place {
        unsigned overlay;
        unsigned peer;
        unsigned lane;
        friend auto operator<=>(const place&, const place&) = default;
    };
    struct pair {
        spi index;
        std::shared_ptr<esp::outbound_association> out;
        std::shared_ptr<esp::inbound_association> in;
    };

    pair make(const place& at) {
        pair made;
        made.index = spi(_next_spi++);
        bytes key(32);
        for (std::uint8_t& each : key) each = static_cast<std::uint8_t>(_random());
        esp::association_parameters parameters;
        parameters.index = made.index;
        parameters.key = key;
        auto out = esp::make_outbound(parameters);
        // Two workers may share it, and one may be held up for as long as the test lasts.
        auto in = esp::make_inbound(parameters, {.policy = esp::replay_policy::strict, .window = 65536});
        if (!out || !in) {
            ADD_FAILURE() << (out ? in.failure().message : out.failure().message);
            return {};
        }
        made.out = *std::move(out);
        made.in = *std::move(in);
        const auto kind = at.overlay == docker_overlay ? protection_kind::docker : protection_kind::waggle;
        made.in->binding = protection::of(kind, _world.receiving.overlays[at.overlay]).raw();
        return made;
    }
    void retire(const place& at, pair former) {
        _world.receiving.writer.remove_receiver(former.index, address_of(at.peer));
        _retired.emplace_back(former.out);
        _retired.emplace_back(former.in);
        _world.sending.writer.retire_association(std::move(former.out));
        _world.receiving.writer.retire_association(std::move(former.in));
    }

    static constexpr std::uint32_t first_spi = 0x1000;
    world& _world;
    std::mt19937_64 _random;
    std::uint32_t _next_spi = first_spi;
    std::map<place, pair> _pairs;
    std::vector<std::weak_ptr<void>> _retired;
};

TEST(association_churn, under_traffic_nothing_is_opened_wrong_lost_uncounted_or_kept) {
    const char* given = std::getenv("WAGGLE_TEST_SEED");
    const std::uint64_t seed = given != nullptr ? std::stoull(given) : std::random_device()();
    std::cout << "WAGGLE_TEST_SEED=" << seed << std::endl;
    world shared;
    traffic first(shared, 0, seed);
    traffic second(shared, 1, seed + 1);
    churn changes(shared, seed + 2);
    {
        std::jthread one([&] { first.run(); });
        std::jthread two([&] { second.run(); });
        // Work, not time: changes until every place was filled and emptied often and both workers have seen
        // many.
        constexpr std::uint64_t fewest_bursts = 300;
        const auto enough = [&] {
            return shared.bursts[0].load() >= fewest_bursts && shared.bursts[1].load() >= fewest_bursts;
        };
        for (unsigned step = 0; step < 8'000 || !enough(); ++step) {
            changes.step();
            if (step % 16 == 0) std::this_thread::yield();
        }
        changes.remove_all();
        shared.stop = true;
    }
    // What was still on its way from worker to worker has no association any more.
    for (traffic* each : {&first, &second}) each->take_over();
    shared.sending.rcu.synchronize();
    shared.receiving.rcu.synchronize();
    EXPECT_EQ(changes.kept(), 0U);

    const std::uint64_t in = first.in + second.in;
    const std::uint64_t sealed = first.sealed + second.sealed;
    const std::uint64_t delivered = first.delivered + second.delivered;
    std::cout << changes.made() << " pairs, " << in << " frames, " << sealed << " sealed, " << delivered
              << " delivered, " << first.spread + second.spread << " by another worker" << std::endl;
    EXPECT_GT(delivered, 0U);
    EXPECT_GT(first.spread + second.spread, 0U);
    // No association was there, or it went between sealing and opening: nothing else may happen.
    EXPECT_EQ(in, sealed + shared.sending.drops(drop_reason::no_association));
    EXPECT_EQ(sealed, delivered + shared.receiving.drops(drop_reason::unknown_spi));
    EXPECT_EQ(shared.sending.all_drops(), shared.sending.drops(drop_reason::no_association));
    EXPECT_EQ(shared.receiving.all_drops(), shared.receiving.drops(drop_reason::unknown_spi));
}

}  // namespace
}  // namespace waggle::test
