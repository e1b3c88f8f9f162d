#include "control/encryption/docker_keys.hh"

#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "control/encryption/docker_rotation.hh"
#include "tests/unit/encryption/samples.hh"

namespace waggle::control {
namespace {

const std::string good =
    "# tag key\n"
    "56966 000102030405060708090a0b0c0d0e0f\n"
    "\n"
    "  56968\t202122232425262728292A2B2C2D2E2F \r\n"
    "56967 101112131415161718191a1b1c1d1e1f";

TEST(docker_keys, are_sorted_by_lamport_time) {
    const auto ring = parse_docker_keys(good);
    ASSERT_TRUE(ring.ok()) << ring.failure().message;
    EXPECT_EQ(ring->keys[0].tag, 56966U);
    EXPECT_EQ(ring->keys[1].tag, 56967U);
    EXPECT_EQ(ring->keys[2].tag, 56968U);
    EXPECT_EQ(ring->sending().tag, 56967U);
    EXPECT_EQ(to_hex(ring->keys[2].key.reveal()), "202122232425262728292a2b2c2d2e2f");
}

TEST(docker_keys, tag_is_the_low_half_of_the_lamport_time) {
    std::string text = good;
    text.replace(text.find("56968"), 5, "4294967297");
    const auto ring = parse_docker_keys(text);
    ASSERT_TRUE(ring.ok());
    // Sorted by the whole number.
    EXPECT_EQ(ring->keys[2].tag, 1U);
}

struct wrong {
    const char* find;
    const char* replacement;
    const char* message;
};

TEST(docker_keys, what_is_wrong_is_told_without_showing_it) {
    const std::string line =
        " is no key; a line is a key's Lamport time (decimal), a space and its 32 hex digits";
    const std::vector<std::pair<wrong, std::string>> cases{
        {{"0e0f", "0e", ""}, "line 2" + line},
        {{"0e0f", "0e0f00", ""}, "line 2" + line},
        {{"0e0f", "0e0g", ""}, "line 2" + line},
        {{"0e0f", "0e:0f", ""}, "line 2" + line},
        {{"56966 ", "", ""}, "line 2" + line},
        {{"56966", "-1", ""}, "line 2" + line},
        {{"56966", "0x1", ""}, "line 2" + line},
        {{"56966", "18446744073709551616", ""}, "line 2" + line},
        {{"56968", "x", ""}, "line 4" + line},
        {{"56966", "#", ""}, "has 2 keys; Docker keeps exactly three"},
        {{"56966", "56967", ""}, "has two keys of the same Lamport time; each key has its own"},
        {{"56968", "4295024262", ""}, "has two keys of the same Lamport time; each key has its own"},
        {{"# tag key", "1 000102030405060708090a0b0c0d0e0f", ""},
         "has more than three keys; Docker keeps exactly three"},
    };
    for (const auto& [edit, message] : cases) {
        std::string text = good;
        text.replace(text.find(edit.find), std::string(edit.find).size(), edit.replacement);
        const auto ring = parse_docker_keys(text);
        ASSERT_FALSE(ring.ok()) << text;
        EXPECT_EQ(ring.failure().message, message);
    }
    EXPECT_EQ(parse_docker_keys("").failure().message, "has 0 keys; Docker keeps exactly three");
}

TEST(docker_spi, worked_example) {
    EXPECT_EQ(docker_spi(ip("192.0.2.1"), ip("198.51.100.7"), 0xa1b2), 0x53f245bdU);
    EXPECT_EQ(docker_spi(ip("198.51.100.7"), ip("192.0.2.1"), 0xa1b2), 0xafb6ae25U);
}

/// What two real engines had in force.
class recorded : public testing::Test {
protected:
    nlohmann::json document = nlohmann::json::parse(std::ifstream(WAGGLE_ENCRYPTION_DATA "/docker-esp.json"));

    docker_keyring ring() const {
        std::string text;
        for (const auto& each : document["sas"])
            if (each["src"] == document["local"])
                text +=
                    std::to_string(each["tag"].get<unsigned>()) + " " + each["key"].get<std::string>() + "\n";
        return *parse_docker_keys(text);
    }
};

TEST_F(recorded, spis_and_salts_are_the_engines) {
    ASSERT_EQ(document["sas"].size(), 6U);
    for (const auto& each : document["sas"])
        EXPECT_EQ(docker_spi(ip(each["src"].get<std::string>().c_str()),
                             ip(each["dst"].get<std::string>().c_str()), each["tag"].get<unsigned>()),
                  std::stoul(each["spi"].get<std::string>(), nullptr, 16));
}

TEST_F(recorded, associations_are_the_engines) {
    const std::string self = document["local"];
    const std::string peer = document["remote"];
    const association_list list =
        docker_rotation(ring()).associations({.self = ip(self.c_str()), .peer = ip(peer.c_str())}, {});
    std::size_t outbound = 0;
    for (const auto& [key, association] : list) {
        const bool out = key.direction == api::direction::outbound;
        outbound += out ? 1 : 0;
        EXPECT_EQ(key.vtep, ip(peer.c_str()));
        bool found = false;
        for (const auto& each : document["sas"]) {
            if (std::stoul(each["spi"].get<std::string>(), nullptr, 16) != key.spi) continue;
            found = true;
            EXPECT_EQ(each["src"], out ? self : peer);
            EXPECT_EQ(to_hex(association.keying_material.reveal()),
                      each["key"].get<std::string>() + each["salt"].get<std::string>());
            EXPECT_TRUE(!out || each["primary"].get<bool>());
        }
        EXPECT_TRUE(found) << key.spi;
        EXPECT_EQ(association.profile, api::encryption::docker);
        EXPECT_EQ(association.icv_length, 8);
        EXPECT_FALSE(association.extended_sequence);
        EXPECT_FALSE(association.overlay);
        EXPECT_FALSE(association.lane);
        EXPECT_EQ(association.encapsulation_port, 0);
        EXPECT_TRUE(out || association.replay == api::replay_policy::resync);
    }
    EXPECT_EQ(list.size(), 4U);
    EXPECT_EQ(outbound, 1U);
}

}  // namespace
}  // namespace waggle::control
