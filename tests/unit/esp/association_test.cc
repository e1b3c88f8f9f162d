// Making SAs: what is refused, what is shown, what becomes of keys.
#include <algorithm>
#include <cstring>
#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "dataplane/esp/key_memory.hh"
#include "tests/unit/esp/esp_support.hh"

namespace waggle::esp {
namespace {

struct refusal {
    const char* name;
    std::function<void(association_parameters&, replay_settings&)> spoil;
    const char* message;
};

const bytes short_key(15);

const refusal refusals[]{
    {"reserved_spi", [](auto& of, auto&) { of.index = spi(255); },
     "SPI 255 is reserved: choose one above 255"},
    {"key_length", [](auto& of, auto&) { of.key = short_key; }, "a key for aes128gcm has 16 bytes, not 15"},
    {"gcm_icv", [](auto& of, auto&) { of.icv_length = 10; },
     "aes128gcm has no ICV of 10 bytes: use 8, 12 or 16"},
    {"chacha_icv",
     [](auto& of, auto&) {
         of = test_parameters(aead_cipher::chacha20_poly1305);
         of.icv_length = 8;
     },
     "chacha20poly1305 has no ICV of 8 bytes: use 16"},
    {"window_no_power", [](auto&, auto& replay) { replay.window = 1000; },
     "a replay window of 1000 packets: use a power of two up to 65536"},
    {"window_zero", [](auto&, auto& replay) { replay.window = 0; },
     "a replay window of 0 packets: use a power of two up to 65536"},
    {"window_too_large", [](auto&, auto& replay) { replay.window = 131072; },
     "a replay window of 131072 packets: use a power of two up to 65536"},
    {"resync_with_extended",
     [](auto& of, auto& replay) {
         of.extended_sequence = true;
         replay.policy = replay_policy::resync;
     },
     "extended sequence numbers need the replay policy 'strict' (RFC 4303 section 3.3.3)"},
    {"off_with_extended",
     [](auto& of, auto& replay) {
         of.extended_sequence = true;
         replay.policy = replay_policy::off;
     },
     "extended sequence numbers need the replay policy 'strict' (RFC 4303 section 3.3.3)"},
};

class association_refusal : public testing::TestWithParam<refusal> {};

TEST_P(association_refusal, names_place_and_remedy) {
    association_parameters parameters = test_parameters(aead_cipher::aes_128_gcm);
    replay_settings replay;
    GetParam().spoil(parameters, replay);
    const auto made = make_inbound(parameters, replay);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.failure().message, GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(all, association_refusal, testing::ValuesIn(refusals),
                         [](const auto& each) { return std::string(each.param.name); });

TEST(association, of_sequence_zero_is_refused) {
    const association_parameters parameters = test_parameters(aead_cipher::aes_128_gcm);
    EXPECT_FALSE(make_outbound_at(parameters, 0, 1));
    EXPECT_FALSE(make_outbound_at(parameters, std::uint64_t{1} << 32, 1));
    EXPECT_TRUE(make_outbound_at(parameters, 1, 1));
}

TEST(association, shows_a_fingerprint_that_both_ends_share) {
    const association_parameters parameters = test_parameters(aead_cipher::aes_128_gcm);
    const auto out = must(make_outbound(parameters));
    const auto in = must(make_inbound(parameters, {}));
    EXPECT_EQ(out->cold.description.fingerprint, in->cold.description.fingerprint);
    association_parameters other = parameters;
    const bytes key(16, 9);
    other.key = key;
    EXPECT_NE(must(make_inbound(other, {}))->cold.description.fingerprint, in->cold.description.fingerprint);
    EXPECT_EQ(in->cold.description.index, spi(0x1234));
    EXPECT_EQ(in->cold.description.icv_length, 8);
}

TEST(key_memory, is_wiped_and_used_again) {
    constexpr std::size_t length = 4032;
    void* where = nullptr;
    {
        const key_memory block = must(allocate_key_memory(length));
        where = block.get();
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(where) % 64, 0U);
        std::memset(where, 0xaa, length);
    }
    const key_memory again = must(allocate_key_memory(length));
    ASSERT_EQ(again.get(), where);
    const auto* content = static_cast<const std::uint8_t*>(again.get());
    EXPECT_TRUE(std::all_of(content, content + length, [](std::uint8_t byte) { return byte == 0; }));
}

TEST(key_memory, is_locked_and_counted) {
    const key_memory_usage before = current_key_memory_usage();
    {
        const key_memory block = must(allocate_key_memory(100));
        EXPECT_EQ(current_key_memory_usage().used, before.used + 128);
        EXPECT_GE(current_key_memory_usage().locked, current_key_memory_usage().used);
    }
    EXPECT_EQ(current_key_memory_usage().used, before.used);
    EXPECT_FALSE(allocate_key_memory(0));
    EXPECT_FALSE(allocate_key_memory(1 << 20));
}

TEST(key_memory, goes_with_the_association) {
    const key_memory_usage before = current_key_memory_usage();
    {
        std::vector<std::unique_ptr<outbound_association>> many;
        for (int i = 0; i < 500; ++i)
            many.push_back(must(make_outbound(test_parameters(aead_cipher::aes_256_gcm))));
        EXPECT_GT(current_key_memory_usage().used, before.used + 500 * 240);
    }
    EXPECT_EQ(current_key_memory_usage().used, before.used);
}

}  // namespace
}  // namespace waggle::esp
