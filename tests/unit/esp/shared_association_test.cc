// Two workers on one SA: numbers given once, packets accepted once. Also run under ThreadSanitizer.
#include <atomic>
#include <cstring>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "dataplane/esp/sizes.hh"
#include "tests/unit/esp/esp_support.hh"

namespace waggle::esp {
namespace {

constexpr std::size_t payload_length = 40;
constexpr unsigned bursts = 300;

std::vector<bytes> seal_many(outbound_association& association) {
    std::vector<bytes> packets;
    for (unsigned round = 0; round < bursts; ++round) {
        seal_burst burst;
        burst.count = 1 + round % burst_size;
        const std::size_t first = packets.size();
        for (unsigned i = 0; i < burst.count; ++i)
            packets.emplace_back(sealed_length(payload_length, association.icv_length));
        for (unsigned i = 0; i < burst.count; ++i) {
            burst.esp[i] = packets[first + i].data();
            burst.length[i] = payload_length;
            burst.room[i] = static_cast<std::uint32_t>(packets[first + i].size());
            burst.association[i] = &association;
        }
        seal(burst, round);
    }
    return packets;
}

/// Packets on their way to another worker. Only the giver's writing orders the two: what the taker does is
/// not made visible to the giver, so that nothing but the claim protects the association.
class one_way_queue {
public:
    explicit one_way_queue(std::size_t capacity) : _packets(capacity) {}
    void put(bytes packet) {
        const std::size_t at = _put.load(std::memory_order_relaxed);
        _packets.at(at) = std::move(packet);
        _put.store(at + 1, std::memory_order_release);
    }
    bool take(bytes& packet) {
        if (_taken == _put.load(std::memory_order_acquire)) return false;
        packet = std::move(_packets[_taken++]);
        return true;
    }

private:
    std::vector<bytes> _packets;
    std::atomic<std::size_t> _put{0};
    std::size_t _taken = 0;
};

/// One of two workers that packets of one association come to.
class worker {
public:
    worker(std::uint32_t number, inbound_association& association, one_way_queue& to_me,
           one_way_queue& to_other)
        : _number(number), _association(association), _to_me(to_me), _to_other(to_other) {}

    /// Bursts of packets from outside, with pauses in which the association goes to `other`.
    void receive(const std::vector<bytes>& packets, const worker& other) {
        std::size_t at = 0;
        for (unsigned bursts_so_far = 1; at < packets.size(); ++bursts_so_far) {
            _now += worker_claim::patience / 3;
            std::vector<bytes> burst;
            for (unsigned i = 0; i < burst_size && at < packets.size(); ++i) burst.push_back(packets[at++]);
            handle(std::move(burst), false);
            take();
            if (bursts_so_far % 4 == 0) pause(other);
        }
        _done.store(true, std::memory_order_release);
    }
    /// Looks for packets from the other.
    void take() {
        _now += worker_claim::patience / 2;
        std::vector<bytes> burst;
        bytes packet;
        while (burst.size() < burst_size && _to_me.take(packet)) burst.push_back(std::move(packet));
        handle(std::move(burst), true);
    }

    std::atomic<std::uint64_t> handled{0};
    std::uint64_t opened = 0;
    std::uint64_t handed_over = 0;
    std::uint64_t given_away = 0;

private:
    void pause(const worker& other) {
        // Once the other is done all that it handed over is there: at least one burst of it, or it was the
        // owner.
        for (bool last = false; !last && _association.claim.owner() == _number; std::this_thread::yield()) {
            last = other._done.load(std::memory_order_acquire);
            take();
        }
    }
    void handle(std::vector<bytes> packets, bool from_other) {
        if (packets.empty()) return;
        const bool had_it = _association.claim.owner() == _number;
        const std::uint32_t owner = from_other ? _association.claim.owner_for_handed_over(_number, _now)
                                               : _association.claim.owner_for_received(_number, _now);
        if (owner != _number) {
            given_away += had_it ? 1 : 0;
            handed_over += packets.size();
            for (bytes& packet : packets) _to_other.put(std::move(packet));
            return;
        }
        open_burst burst;
        burst.count = static_cast<unsigned>(packets.size());
        for (unsigned i = 0; i < burst.count; ++i) {
            burst.esp[i] = packets[i].data();
            burst.length[i] = static_cast<std::uint32_t>(packets[i].size());
            burst.association[i] = &_association;
        }
        opened += static_cast<std::uint64_t>(__builtin_popcountll(open(burst, _now)));
        handled.fetch_add(packets.size(), std::memory_order_relaxed);
    }

    std::uint32_t _number;
    inbound_association& _association;
    one_way_queue& _to_me;
    one_way_queue& _to_other;
    std::uint64_t _now = 1'000'000'000;
    std::atomic<bool> _done{false};
};

class shared_association : public testing::TestWithParam<replay_policy> {};

TEST_P(shared_association, gives_each_number_once_and_accepts_each_packet_once) {
    const association_parameters parameters = test_parameters(aead_cipher::aes_128_gcm);
    const auto out = must(make_outbound(parameters));
    const auto in = must(make_inbound(parameters, {.policy = GetParam(), .window = 65536}));

    // A reader, as the one that shows SAs to operators.
    std::atomic<bool> done{false};
    std::thread reader([&] {
        std::uint64_t last = 0;
        while (!done.load(std::memory_order_relaxed)) {
            const association_usage used = in->usage();
            EXPECT_GE(used.packets, last);
            last = used.packets;
            static_cast<void>(out->usage());
            static_cast<void>(in->refused(open_verdict::replayed));
            static_cast<void>(in->resyncs());
        }
    });

    std::vector<bytes> halves[2];
    {
        std::thread other([&] { halves[1] = seal_many(*out); });
        halves[0] = seal_many(*out);
        other.join();
    }
    std::vector<bytes> all = halves[0];
    all.insert(all.end(), halves[1].begin(), halves[1].end());
    std::set<std::pair<std::uint64_t, std::uint64_t>> numbers;
    std::set<std::uint64_t> ivs;
    for (const bytes& packet : all) {
        esp_header header;
        std::memcpy(static_cast<void*>(&header), packet.data(), sizeof header);
        ivs.insert(header.iv.host());
        numbers.insert({header.sequence.host(), header.iv.host()});
    }
    EXPECT_EQ(numbers.size(), all.size());
    EXPECT_EQ(ivs.size(), all.size());
    EXPECT_EQ(numbers.rbegin()->first, all.size());

    // Both get everything, each from another place on.
    const std::size_t most = 16 * all.size();
    one_way_queue to_first(most);
    one_way_queue to_second(most);
    worker first(0, *in, to_first, to_second);
    worker second(1, *in, to_second, to_first);
    const auto run = [&](worker& one, const worker& other_one, std::size_t from) {
        std::vector<bytes> packets(all.begin() + static_cast<std::ptrdiff_t>(from), all.end());
        packets.insert(packets.end(), all.begin(), all.begin() + static_cast<std::ptrdiff_t>(from));
        one.receive(packets, other_one);
        while (first.handled.load(std::memory_order_relaxed) +
                   second.handled.load(std::memory_order_relaxed) <
               2 * all.size()) {
            one.take();
            std::this_thread::yield();
        }
    };
    {
        std::thread other([&] { run(second, first, all.size() / 2); });
        run(first, second, 0);
        other.join();
    }
    const std::uint64_t opened = first.opened + second.opened;
    EXPECT_GT(first.handed_over + second.handed_over, 0U);
    EXPECT_GT(first.given_away + second.given_away, 0U);
    done = true;
    reader.join();
    EXPECT_EQ(opened, all.size());
    EXPECT_EQ(in->usage().packets, all.size());
    EXPECT_EQ(in->usage().bytes, all.size() * payload_length);
    EXPECT_EQ(in->refused(open_verdict::replayed), all.size());
    EXPECT_EQ(in->refused(open_verdict::authentication_failed), 0U);
    EXPECT_EQ(out->usage().bytes, all.size() * payload_length);
}

INSTANTIATE_TEST_SUITE_P(policies, shared_association,
                         testing::Values(replay_policy::strict, replay_policy::resync));

}  // namespace
}  // namespace waggle::esp
