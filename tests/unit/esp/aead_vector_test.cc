// Every engine of this CPU against the vectors in data/ and against OpenSSL.
#include <algorithm>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/esp/openssl_aead.hh"

namespace waggle::esp {
namespace {

struct engine_choice {
    aead_cipher cipher;
    const aead_engine* engine;
};

/// All that this CPU runs.
std::vector<engine_choice> engines() {
    std::vector<engine_choice> found;
    for (const aead_cipher cipher :
         {aead_cipher::aes_128_gcm, aead_cipher::aes_256_gcm, aead_cipher::chacha20_poly1305})
        for (const instruction_set level :
             {instruction_set::avx512, instruction_set::avx2, instruction_set::avx, instruction_set::sse})
            if (const auto engine = find_engine(cipher, level)) found.push_back({cipher, *engine});
    found.push_back({aead_cipher::chacha20_poly1305, must(find_engine(aead_cipher::chacha20_poly1305))});
    return found;
}

/// An engine with a key.
struct keyed {
    const aead_engine* engine;
    key_memory expanded;

    keyed(const aead_engine& with, const bytes& key)
        : engine(&with), expanded(must(allocate_key_memory(with.expanded_length))) {
        with.expand(key.data(), expanded.get());
    }
};

/// Never null, as in a packet.
std::uint8_t* start_of(bytes& data) {
    static std::uint8_t nothing[1];
    return data.empty() ? nothing : data.data();
}

aead_packet packet_for(bytes& text, bytes& icv, const bytes& nonce, bytes& additional) {
    aead_packet packet{};
    packet.text = start_of(text);
    packet.length = static_cast<std::uint32_t>(text.size());
    packet.icv = icv.data();
    std::copy(nonce.begin(), nonce.end(), packet.nonce);
    packet.additional = start_of(additional);
    packet.additional_length = static_cast<std::uint32_t>(additional.size());
    return packet;
}

sealed_text seal_with(const keyed& with, const bytes& nonce, bytes additional, const bytes& plain,
                      unsigned icv_length = 16) {
    sealed_text sealed{plain, bytes(icv_length)};
    aead_packet packet = packet_for(sealed.text, sealed.tag, nonce, additional);
    with.engine->seal(with.expanded.get(), packet, icv_length);
    return sealed;
}

bool open_with(const keyed& with, const bytes& nonce, bytes additional, bytes& text, bytes icv) {
    const aead_packet packet = packet_for(text, icv, nonce, additional);
    return with.engine->open(with.expanded.get(), packet, static_cast<unsigned>(icv.size()));
}

struct vector_line {
    std::string cipher;
    bytes key, nonce, additional, plain, text, tag;
    bool valid;
};

std::vector<vector_line> read_vectors(const std::string& file) {
    std::ifstream in(std::string(WAGGLE_ESP_DATA) + "/" + file);
    std::vector<vector_line> vectors;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("#")) continue;
        std::istringstream fields(line);
        std::string cipher, verdict;
        std::string hex[6];
        fields >> cipher;
        for (std::string& each : hex) fields >> each;
        fields >> verdict;
        const auto field = [&](int i) { return hex[i] == "-" ? bytes{} : from_hex(hex[i]); };
        vectors.push_back(
            {cipher, field(0), field(1), field(2), field(3), field(4), field(5), verdict == "valid"});
    }
    return vectors;
}

void check_vectors(const std::string& file, std::size_t at_least) {
    const std::vector<vector_line> vectors = read_vectors(file);
    ASSERT_GE(vectors.size(), at_least);
    for (const engine_choice& choice : engines())
        for (const vector_line& each : vectors) {
            if (each.cipher != name_of(choice.cipher)) continue;
            SCOPED_TRACE(std::string(choice.engine->name) + " " + each.cipher + " nonce " +
                         to_hex(each.nonce) + " tag " + to_hex(each.tag));
            const keyed with(*choice.engine, each.key);
            if (each.valid) {
                const sealed_text sealed = seal_with(with, each.nonce, each.additional, each.plain);
                EXPECT_EQ(to_hex(sealed.text), to_hex(each.text));
                EXPECT_EQ(to_hex(sealed.tag), to_hex(each.tag));
            }
            bytes text = each.text;
            ASSERT_EQ(open_with(with, each.nonce, each.additional, text, each.tag), each.valid);
            if (each.valid) {
                EXPECT_EQ(to_hex(text), to_hex(each.plain));
            }
        }
}

TEST(aead, published_vectors) {
    check_vectors("published.txt", 10);
}

TEST(aead, generated_vectors) {
    check_vectors("generated.txt", 400);
}

void compare_with_openssl(const keyed& with, aead_cipher cipher, const bytes& key, std::size_t length,
                          std::mt19937_64& random) {
    bytes nonce(12), additional(length % 2 == 0 ? 8 : 12), plain(length);
    for (bytes* each : {&nonce, &additional, &plain})
        std::generate(each->begin(), each->end(), [&] { return static_cast<std::uint8_t>(random()); });
    const sealed_text expected = openssl_seal(cipher, key, nonce, additional, plain);
    for (const unsigned icv : {8U, 12U, 16U}) {
        if (!icv_length_allowed(cipher, icv)) continue;
        const sealed_text sealed = seal_with(with, nonce, additional, plain, icv);
        ASSERT_EQ(sealed.text, expected.text) << "length " << length;
        ASSERT_EQ(sealed.tag, bytes(expected.tag.begin(), expected.tag.begin() + icv)) << "length " << length;
        bytes text = expected.text;
        ASSERT_TRUE(open_with(with, nonce, additional, text, sealed.tag)) << "length " << length;
        ASSERT_EQ(text, plain) << "length " << length;
    }
}

TEST(aead, equals_openssl_for_every_length) {
    for (const engine_choice& choice : engines()) {
        SCOPED_TRACE(choice.engine->name);
        const std::uint64_t seed = std::random_device{}();
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937_64 random(seed);
        bytes key(key_length(choice.cipher));
        std::generate(key.begin(), key.end(), [&] { return static_cast<std::uint8_t>(random()); });
        const keyed with(*choice.engine, key);
        for (std::size_t length = 0; length <= 2000; ++length)
            ASSERT_NO_FATAL_FAILURE(compare_with_openssl(with, choice.cipher, key, length, random));
        for (int i = 0; i < 200; ++i)
            ASSERT_NO_FATAL_FAILURE(compare_with_openssl(with, choice.cipher, key, random() % 9201, random));
    }
}

TEST(aead, tells_packets_of_one_key_apart) {
    for (const engine_choice& choice : engines()) {
        SCOPED_TRACE(choice.engine->name);
        const keyed with(*choice.engine, bytes(32, 7));
        constexpr unsigned count = 64;
        const std::uint64_t spoiled = 0x8421'0000'0000'1001U;
        std::vector<bytes> texts(count, bytes(40, 1)), icvs(count, bytes(16));
        bytes additional(8, 3);
        std::vector<aead_packet> packets;
        for (unsigned i = 0; i < count; ++i)
            packets.push_back(
                packet_for(texts[i], icvs[i], bytes(12, static_cast<std::uint8_t>(i)), additional));
        for (const aead_packet& each : packets) with.engine->seal(with.expanded.get(), each, 16);
        for (unsigned i = 0; i < count; ++i)
            if ((spoiled >> i & 1) != 0) texts[i][i % 40] ^= 0x10;
        std::uint64_t authentic = 0;
        for (unsigned i = 0; i < count; ++i)
            authentic |= std::uint64_t{with.engine->open(with.expanded.get(), packets[i], 16)} << i;
        EXPECT_EQ(authentic, ~spoiled);
    }
}

TEST(aead, instruction_sets_are_named) {
    EXPECT_EQ(must(parse_instruction_set("avx2")), instruction_set::avx2);
    EXPECT_EQ(must(parse_instruction_set("auto")), instruction_set::automatic);
    const auto wrong = parse_instruction_set("mmx");
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.failure().message, "'mmx' is no instruction set: use auto, avx512, avx2, avx or sse");
}

TEST(aead, an_instruction_set_is_found_or_refused_with_the_remedy) {
    for (const instruction_set level :
         {instruction_set::avx512, instruction_set::avx2, instruction_set::avx, instruction_set::sse}) {
        const auto found = find_engine(aead_cipher::aes_256_gcm, level);
        if (found) {
            EXPECT_EQ((*found)->cipher, aead_cipher::aes_256_gcm);
        } else {
            EXPECT_TRUE(found.failure().message.starts_with("this CPU can't run 'ipsec-mb "));
            EXPECT_TRUE(found.failure().message.ends_with(
                "choose another instruction set with WAGGLE_CRYPTO, or none"));
        }
    }
}

TEST(aead, the_environment_chooses) {
    ASSERT_EQ(setenv("WAGGLE_CRYPTO", "sse", 1), 0);
    EXPECT_EQ(must(default_engine(aead_cipher::aes_128_gcm))->name, "ipsec-mb sse");
    // Its own code for AVX2, if the CPU has that, is faster than libipsec-mb's for SSE.
    EXPECT_EQ(must(default_engine(aead_cipher::chacha20_poly1305))->name, "libsodium");
    ASSERT_EQ(setenv("WAGGLE_CRYPTO", "fast", 1), 0);
    const auto wrong = default_engine(aead_cipher::aes_128_gcm);
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.failure().message,
              "environment variable WAGGLE_CRYPTO: 'fast' is no instruction set: use auto, avx512, avx2, avx "
              "or sse");
    ASSERT_EQ(unsetenv("WAGGLE_CRYPTO"), 0);
    EXPECT_EQ(must(default_engine(aead_cipher::aes_128_gcm)), must(find_engine(aead_cipher::aes_128_gcm)));
}

}  // namespace
}  // namespace waggle::esp
