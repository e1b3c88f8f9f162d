#include "control/overlay/key_files.hh"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "control/overlay/saved_keys.hh"
#include "tests/unit/overlay/samples.hh"

namespace waggle::control {
namespace {

class key_files : public testing::Test {
protected:
    key_files() {
        std::string pattern = testing::TempDir() + "waggle-keys-XXXXXX";
        directory = ::mkdtemp(pattern.data());
        config::waggle_profile profile;
        profile.secret = directory + "/secret";
        config.overlays[0].encryption = profile;
        config.node.docker_encryption.emplace();
        config.node.docker_encryption->keys = directory + "/docker";
        write("secret", "0123456789abcdefghijklmnopqrstuvwxyz\n");
        write("docker",
              "1 000102030405060708090a0b0c0d0e0f\n2 000102030405060708090a0b0c0d0e0f\n"
              "3 000102030405060708090a0b0c0d0e0f\n");
    }
    ~key_files() override { std::filesystem::remove_all(directory); }
    void write(const std::string& name, const std::string& text, mode_t mode = 0600) const {
        std::ofstream(directory + "/" + name) << text;
        ::chmod((directory + "/" + name).c_str(), mode);
    }
    std::string refusal() const {
        const auto read = read_key_files(config);
        return read.ok() ? "" : read.failure().message;
    }

    std::string directory;
    config::config config = small_config();
};

TEST_F(key_files, are_read) {
    const auto keys = read_key_files(config);
    ASSERT_TRUE(keys.ok()) << keys.failure().message;
    EXPECT_EQ(keys->docker->sending().tag, 2U);
    EXPECT_TRUE(keys->secrets.contains("blue"));
}

TEST_F(key_files, of_networks_of_a_docker_swarm) {
    config.swarm.emplace().encryption.push_back({"test-net", {}});
    config.swarm->encryption[0].profile.secret = directory + "/net";
    EXPECT_EQ(refusal(), "swarm.encryption of network test-net: " + directory +
                             "/net can't be read: No such file or directory");
    write("net", "0123456789abcdefghijklmnopqrstuvwxyz\n");
    const auto keys = read_key_files(config);
    ASSERT_TRUE(keys.ok()) << keys.failure().message;
    EXPECT_TRUE(keys->networks.contains(directory + "/net"));
}

TEST_F(key_files, of_plain_overlays_are_none) {
    const auto keys = read_key_files(small_config());
    ASSERT_TRUE(keys.ok());
    EXPECT_FALSE(keys->docker);
    EXPECT_TRUE(keys->secrets.empty());
}

TEST_F(key_files, that_cannot_be_used_are_told_with_their_place) {
    write("secret", "0123456789abcdefghijklmnopqrstuvwxyz\n", 0644);
    EXPECT_EQ(refusal(), "encryption.secret of overlay blue: " + directory +
                             "/secret may be used by others (mode 0644); run 'chmod 600 " + directory +
                             "/secret'");
    write("secret", "short\n");
    EXPECT_EQ(refusal(),
              "encryption.secret of overlay blue: " + directory +
                  "/secret: has 5 characters; allowed: 32 to 4096 random ones, as 'openssl rand -base64 32' "
                  "prints them");
    std::filesystem::remove(directory + "/docker");
    EXPECT_EQ(refusal(), "node.docker_encryption.keys: " + directory +
                             "/docker can't be read: No such file or directory");
    write("docker", "1 00\n");
    EXPECT_EQ(refusal(),
              "node.docker_encryption.keys: " + directory +
                  "/docker: line 1 is no key; a line is a key's Lamport time (decimal), a space and "
                  "its 32 hex digits");
}

TEST_F(key_files, lives_grow_whatever_the_clock_does) {
    life_counter first(directory);
    EXPECT_EQ(first.next(1000), 1000U);
    EXPECT_EQ(first.next(1000), 1001U);
    EXPECT_EQ(first.next(500), 1002U);
    EXPECT_EQ(life_counter(directory).next(10), 1003U) << "after a restart";
    EXPECT_EQ(life_counter(directory).next(5000), 5000U);
    write("key-life", "18446744073709551615\n");
    EXPECT_EQ(life_counter(directory).next(6000), 6000U) << "damaged";
    EXPECT_EQ(life_counter(directory + "/nowhere").next(7), 7U);
}

TEST_F(key_files, what_was_agreed_is_kept_in_memory_only) {
    const saved_keys in_memory("/dev/shm");
    EXPECT_TRUE(in_memory.possible());
    EXPECT_FALSE(saved_keys("/proc").possible());
    EXPECT_FALSE(saved_keys(directory + "/nowhere").possible());
}

}  // namespace
}  // namespace waggle::control
