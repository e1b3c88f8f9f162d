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

std::uint64_t open_many(inbound_association& association, std::vector<bytes> packets) {
    std::uint64_t opened = 0;
    for (std::size_t first = 0; first < packets.size(); first += burst_size) {
        open_burst burst;
        burst.count = static_cast<unsigned>(std::min<std::size_t>(burst_size, packets.size() - first));
        for (unsigned i = 0; i < burst.count; ++i) {
            burst.esp[i] = packets[first + i].data();
            burst.length[i] = static_cast<std::uint32_t>(packets[first + i].size());
            burst.association[i] = &association;
        }
        open(burst, first);
        for (unsigned i = 0; i < burst.count; ++i)
            opened += burst.verdict[i] == open_verdict::opened ? 1U : 0U;
    }
    return opened;
}

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

    // Both get everything.
    std::uint64_t opened = 0;
    {
        std::thread other([&] { opened = open_many(*in, all); });
        const std::uint64_t mine = open_many(*in, all);
        other.join();
        opened += mine;
    }
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
