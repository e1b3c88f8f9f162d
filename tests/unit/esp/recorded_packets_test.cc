// Traffic of two real Docker hosts (data/README.md).
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/esp/esp_support.hh"

namespace waggle::esp {
namespace {

/// The IP packets' payloads; `link_header` bytes before each IP header.
std::vector<bytes> payloads(const std::string& file, std::size_t link_header) {
    std::ifstream in(std::string(WAGGLE_ESP_DATA) + "/" + file, std::ios::binary);
    const bytes data((std::istreambuf_iterator<char>(in)), {});
    std::vector<bytes> found;
    for (std::size_t at = 24; at + 16 <= data.size();) {
        std::uint32_t length = 0;
        std::memcpy(&length, data.data() + at + 8, sizeof length);
        const auto ip = data.begin() + static_cast<std::ptrdiff_t>(at + 16 + link_header);
        const std::ptrdiff_t total = ip[2] << 8 | ip[3];
        found.emplace_back(ip + 20, ip + total);
        at += 16 + length;
    }
    return found;
}

/// The keys then used to send, by SPI.
const std::map<std::uint32_t, bytes> keys{
    {0xd4b3f561, from_hex("6f3275e78dd0bc317bd45f2e3813a2c5")},
    {0x9a458501, from_hex("6f3275e78dd0bc317bd45f2e3813a2c5")},
};

association_parameters parameters_of(std::uint32_t index) {
    return {.cipher = aead_cipher::aes_128_gcm,
            .icv_length = 8,
            .extended_sequence = false,
            .index = spi(index),
            .key = keys.at(index),
            .salt = docker_salt(spi(index))};
}

const esp_header& header_of(const bytes& packet) {
    return *reinterpret_cast<const esp_header*>(packet.data());
}

class recorded : public testing::TestWithParam<replay_policy> {};

TEST_P(recorded, packets_are_opened_to_the_recorded_frames) {
    const std::vector<bytes> sealed = payloads("docker-esp.pcap", 14);
    const std::vector<bytes> inner = payloads("docker-esp-inner.pcap", 14);
    ASSERT_EQ(sealed.size(), 92U);
    ASSERT_EQ(inner.size(), sealed.size());
    std::map<std::uint32_t, std::unique_ptr<inbound_association>> associations;
    for (const auto& [index, key] : keys)
        associations[index] = must(make_inbound(parameters_of(index), {.policy = GetParam()}));
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        inbound_association& association = *associations.at(header_of(sealed[i]).index.host());
        const opened_packet opened = open_one(association, sealed[i]);
        ASSERT_EQ(opened.verdict, open_verdict::opened) << "packet " << i;
        ASSERT_EQ(to_hex(opened.payload), to_hex(inner[i])) << "packet " << i;
        // A second time only where nothing is checked, as on stock hosts.
        ASSERT_EQ(open_one(association, sealed[i]).verdict,
                  GetParam() == replay_policy::off ? open_verdict::opened : open_verdict::replayed);
    }
}

INSTANTIATE_TEST_SUITE_P(policies, recorded,
                         testing::Values(replay_policy::strict, replay_policy::resync, replay_policy::off));

TEST(recorded_frames, are_sealed_to_the_recorded_packets) {
    const std::vector<bytes> sealed = payloads("docker-esp.pcap", 14);
    const std::vector<bytes> inner = payloads("docker-esp-inner.pcap", 14);
    ASSERT_EQ(sealed.size(), 92U);
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        const esp_header& header = header_of(sealed[i]);
        auto association = must(
            make_outbound_at(parameters_of(header.index.host()), header.sequence.host(), header.iv.host()));
        ASSERT_EQ(to_hex(seal_one(*association, inner[i])), to_hex(sealed[i])) << "packet " << i;
    }
}

}  // namespace
}  // namespace waggle::esp
