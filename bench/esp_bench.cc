// Sealing and opening alone: bare_* is the cipher on texts as ESP makes them (frame, UDP and VXLAN header,
// padding, trailer), esp_* the same through esp::seal() and esp::open() with one SA.
#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <memory>
#include <vector>

#include "bench/esp_contenders.hh"
#include "bench/esp_suites.hh"
#include "bench/harness.hh"
#include "dataplane/esp/open.hh"
#include "dataplane/esp/seal.hh"
#include "dataplane/esp/sizes.hh"

namespace waggle::bench {
namespace {

/// Packets of a slice: their buffers fit the L2 cache.
constexpr unsigned packet_count = 128;
constexpr unsigned bursts = packet_count / esp::burst_size;
constexpr std::size_t buffer_length = 1536;

/// As a pool gives it: on cache lines of its own.
struct alignas(64) packet_buffer {
    std::array<std::uint8_t, buffer_length> bytes;
};

struct buffers {
    std::vector<packet_buffer> memory{packet_count};
    std::uint8_t* at(unsigned index) { return memory[index].bytes.data(); }
};

struct bare_engine {
    buffers packets;
    const esp::aead_engine* engine;
    esp::key_memory key;
    unsigned icv_length;
    std::vector<esp::aead_packet> work{packet_count};

    bare_engine(const esp_suite& suite, std::size_t frame_length)
        : engine(esp_must(esp::default_engine(suite.cipher))),
          key(esp_must(esp::allocate_key_memory(engine->expanded_length))),
          icv_length(suite.icv_length) {
        engine->expand(esp_parameters(suite).key.data(), key.get());
        const std::size_t sealed = esp::sealed_length(frame_length + esp_tunnel_headers, icv_length);
        for (unsigned i = 0; i < packet_count; ++i) {
            esp::aead_packet& each = work[i];
            each.additional = packets.at(i);
            each.additional_length = 8;
            each.text = packets.at(i) + sizeof(esp_header);
            each.length = static_cast<std::uint32_t>(sealed - sizeof(esp_header)) - icv_length;
            each.icv = each.text + each.length;
            std::memcpy(each.nonce, &i, sizeof i);
        }
    }
    void seal(unsigned burst) {
        for (unsigned i = 0; i < esp::burst_size; ++i)
            engine->seal(key.get(), work[burst * esp::burst_size + i], icv_length);
    }
    std::uint64_t open(unsigned burst) {
        std::uint64_t authentic = 0;
        for (unsigned i = 0; i < esp::burst_size; ++i) {
            const bool good = engine->open(key.get(), work[burst * esp::burst_size + i], icv_length);
            authentic |= std::uint64_t{good} << i;
        }
        return authentic;
    }
};

struct both_ends {
    buffers packets;
    std::unique_ptr<esp::outbound_association> out;
    std::unique_ptr<esp::inbound_association> in;
    std::uint32_t payload;
    std::uint32_t sealed;

    both_ends(const esp_suite& suite, std::size_t frame_length)
        : out(esp_must(esp::make_outbound(esp_parameters(suite)))),
          in(esp_must(esp::make_inbound(esp_parameters(suite), {}))),
          payload(static_cast<std::uint32_t>(frame_length + esp_tunnel_headers)),
          sealed(static_cast<std::uint32_t>(esp::sealed_length(payload, suite.icv_length))) {}

    void seal(unsigned number) {
        esp::seal_burst burst;
        burst.count = esp::burst_size;
        for (unsigned i = 0; i < esp::burst_size; ++i) {
            burst.esp[i] = packets.at(number * esp::burst_size + i);
            burst.length[i] = payload;
            burst.room[i] = buffer_length;
            burst.association[i] = out.get();
        }
        esp::seal(burst, 1);
        keep(burst.verdict[0]);
    }
    void open(unsigned number) {
        esp::open_burst burst;
        burst.count = esp::burst_size;
        for (unsigned i = 0; i < esp::burst_size; ++i) {
            burst.esp[i] = packets.at(number * esp::burst_size + i);
            burst.length[i] = sealed;
            burst.association[i] = in.get();
        }
        esp::open(burst, 1);
        keep(burst.verdict[0]);
    }
};

/// `Subject` seals its packets again and again.
template <typename Subject>
measured sealing(const esp_suite& suite, std::size_t frame_length) {
    auto used = std::make_shared<Subject>(suite, frame_length);
    return {.run = [used] {
        for (unsigned burst = 0; burst < bursts; ++burst) used->seal(burst);
        return std::uint64_t{packet_count};
    }};
}

/// `Subject` opens packets that were sealed before the slice; the last burst of a first, untimed round warms
/// up.
template <typename Subject>
measured opening(const esp_suite& suite, std::size_t frame_length) {
    auto used = std::make_shared<Subject>(suite, frame_length);
    return {.run =
                [used] {
                    for (unsigned burst = 0; burst < bursts; ++burst) used->open(burst);
                    return std::uint64_t{packet_count};
                },
            .before_slice =
                [used] {
                    for (unsigned burst = 0; burst < bursts; ++burst) used->seal(burst);
                    used->open(bursts - 1);
                    used->seal(bursts - 1);
                },
            .one_unit_a_slice = true};
}

/// A benchmark of packets that are not opened would be none.
measured checked_opening(const esp_suite& suite, std::size_t frame_length) {
    both_ends trial(suite, frame_length);
    trial.seal(0);
    trial.open(0);
    if (trial.in->usage().packets != esp::burst_size) throw std::runtime_error("packets were not opened");
    return opening<both_ends>(suite, frame_length);
}

}  // namespace

contender bare_seal(const esp_suite& suite, std::size_t frame_length) {
    return {.name = esp_name("bare_seal", suite, frame_length),
            .make = [&suite, frame_length] { return sealing<bare_engine>(suite, frame_length); }};
}

contender bare_open(const esp_suite& suite, std::size_t frame_length) {
    return {.name = esp_name("bare_open", suite, frame_length),
            .make = [&suite, frame_length] { return opening<bare_engine>(suite, frame_length); }};
}

contender esp_seal(const esp_suite& suite, std::size_t frame_length) {
    return {.name = esp_name("esp_seal", suite, frame_length),
            .make = [&suite, frame_length] { return sealing<both_ends>(suite, frame_length); },
            .baseline = esp_name("bare_seal", suite, frame_length)};
}

contender esp_open(const esp_suite& suite, std::size_t frame_length) {
    return {.name = esp_name("esp_open", suite, frame_length),
            .make = [&suite, frame_length] { return checked_opening(suite, frame_length); },
            .baseline = esp_name("bare_open", suite, frame_length)};
}

namespace {

const registration ciphers([] {
    for (const esp_suite& suite : esp_suites)
        for (const std::size_t length : esp_frame_lengths) {
            std::vector<contender> seals{bare_seal(suite, length), esp_seal(suite, length),
                                         rte_ipsec_seal(suite, length, esp_name("bare_seal", suite, length))};
            std::ranges::move(seal_encapsulate(suite, length), std::back_inserter(seals));
            add_group(std::move(seals));
            std::vector<contender> opens{bare_open(suite, length), esp_open(suite, length),
                                         rte_ipsec_open(suite, length, esp_name("bare_open", suite, length))};
            std::ranges::move(open_decapsulate(suite, length), std::back_inserter(opens));
            add_group(std::move(opens));
        }
});

}  // namespace
}  // namespace waggle::bench
