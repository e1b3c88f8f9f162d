#include "control/gossip/service/gossip_service.hh"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <random>
#include <thread>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "control/gossip/service/gossip_keys.hh"

namespace waggle::gossip {
namespace {

using namespace std::chrono_literals;

const std::string key_a = "000102030405060708090a0b0c0d0e0f";
const std::string key_b = "0f0e0d0c0b0a09080706050403020100";

TEST(gossip_keys, are_read_line_by_line) {
    const result<keyring> ring = parse_gossip_keys("# old and new\n\n " + key_a + "\r\n" + key_b + "\n");
    ASSERT_TRUE(ring.ok()) << ring.failure().message;
    EXPECT_EQ(ring->fingerprints().size(), 2U);
    EXPECT_EQ(ring->fingerprints()[0], parse_gossip_keys(key_a)->fingerprints()[0]);
    EXPECT_TRUE(parse_gossip_keys(key_a + key_b).ok()) << "32 bytes";
    for (const std::string& wrong :
         {key_a + "00", "x" + key_a.substr(1), key_a + " " + key_b, std::string("no key")}) {
        const result<keyring> refused = parse_gossip_keys("#\n" + wrong);
        ASSERT_FALSE(refused.ok());
        EXPECT_NE(refused.failure().message.find("line 2 is no gossip key"), std::string::npos);
        EXPECT_EQ(refused.failure().message.find(wrong), std::string::npos) << "never shown";
    }
    EXPECT_FALSE(parse_gossip_keys("").ok());
}

class gossip_service_files : public testing::Test {
protected:
    gossip_service_files() {
        std::string pattern = testing::TempDir() + "gossipXXXXXX";
        _folder = ::mkdtemp(pattern.data());
    }
    ~gossip_service_files() override { std::filesystem::remove_all(_folder); }

    std::string file(const std::string& name, const std::string& text, mode_t mode = 0600) {
        const std::string path = _folder + "/" + name;
        std::ofstream(path) << text;
        ::chmod(path.c_str(), mode);
        return path;
    }
    static ip_address own_address() {
        return ip_address::from_v4(0x7f00'0000U | (std::random_device{}() & 0x00ff'fffeU));
    }
    static bool eventually(const std::function<bool()>& holds) {
        for (int i = 0; i < 3000; ++i) {
            if (holds()) return true;
            std::this_thread::sleep_for(20ms);
        }
        return false;
    }

private:
    std::string _folder;
};

TEST_F(gossip_service_files, two_meet_and_part) {
    const config::gossip here{{}, file("keys", key_a), own_address(), 7946};
    const config::gossip there{{{here.advertise, 7946}}, here.keys, own_address(), 7946};
    // The seed is not up yet.
    auto two = gossip_service::start(there, {[](const notice&) {}, {}});
    ASSERT_TRUE(two.ok()) << two.failure().message;
    EXPECT_FALSE((*two)->view().connected);
    auto one = gossip_service::start(here, {[](const notice&) {}, {}});
    ASSERT_TRUE(one.ok()) << one.failure().message;
    EXPECT_TRUE(eventually([&] { return (*two)->view().members.size() == 2; }));
    const gossip_view view = (*two)->view();
    EXPECT_TRUE(view.connected);
    EXPECT_EQ(view.name, (*two)->name());
    EXPECT_EQ(view.name.size(), 12U);
    EXPECT_EQ(view.keys, parse_gossip_keys(key_a)->fingerprints());
    EXPECT_EQ(view.seeds, std::vector<std::string>{here.advertise.to_string() + ":7946"});
    EXPECT_GT(view.messages_sent, 0U);
    EXPECT_GT(view.bytes_received, 0U);
    EXPECT_TRUE(eventually([&] {
        for (const member_view& who : (*one)->view().members)
            if (who.heard_seconds_ago < 0) return false;
        return true;
    }));
    // Another key for both, one after the other.
    config::gossip more = there;
    more.keys = file("more", key_a + "\n" + key_b);
    EXPECT_TRUE((*two)->reload(more).ok());
    config::gossip turned = here;
    turned.keys = file("turned", key_b + "\n" + key_a);
    EXPECT_TRUE((*one)->reload(turned).ok());
    EXPECT_EQ((*one)->view().keys[0], parse_gossip_keys(key_b)->fingerprints()[0]);
    (*two)->leave();
    EXPECT_TRUE(eventually([&] {
        for (const member_view& who : (*one)->view().members)
            if (who.name == view.name && who.state == "left") return true;
        return false;
    }));
    EXPECT_EQ((*one)->view().wrong_key, 0U);
}

TEST_F(gossip_service_files, bad_files_are_refused) {
    config::gossip how{{}, file("open", key_a, 0644), own_address(), 7946};
    const auto open_file = gossip_service::start(how, {[](const notice&) {}, {}});
    ASSERT_FALSE(open_file.ok());
    EXPECT_NE(open_file.failure().message.find("gossip.keys: "), std::string::npos);
    how.keys = file("keys", key_a);
    auto running = gossip_service::start(how, {[](const notice&) {}, {}});
    ASSERT_TRUE(running.ok());
    config::gossip bad = how;
    bad.keys = file("bad", "secret");
    EXPECT_FALSE((*running)->reload(bad).ok());
    EXPECT_EQ((*running)->view().keys, parse_gossip_keys(key_a)->fingerprints());
    const auto again = gossip_service::start(how, {[](const notice&) {}, {}});
    ASSERT_FALSE(again.ok());
    EXPECT_NE(again.failure().message.find("gossip cannot listen on"), std::string::npos);
}

}  // namespace
}  // namespace waggle::gossip
