#include "control/agent/host_memory.hh"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace waggle::control {
namespace {

using namespace std::chrono_literals;
using hosts = std::vector<gossip::ip_endpoint>;

class gossip_host_memory : public testing::Test {
protected:
    gossip_host_memory() {
        std::string pattern = testing::TempDir() + "waggle-hosts-XXXXXX";
        directory = ::mkdtemp(pattern.data());
    }
    ~gossip_host_memory() override { std::filesystem::remove_all(directory); }
    std::string file() const { return directory + "/gossip-hosts"; }

    std::string directory;
    gossip::ip_endpoint one{*ip_address::parse("192.0.2.1"), 7946};
    gossip::ip_endpoint two{*ip_address::parse("2001:db8::2"), 17946};
};

TEST_F(gossip_host_memory, gives_back_what_was_kept) {
    host_memory memory(directory);
    EXPECT_EQ(memory.read(64), hosts{});
    memory.keep({one, two}, moment(1h));
    EXPECT_EQ(host_memory(directory).read(64), (hosts{one, two}));
    EXPECT_EQ(host_memory(directory).read(1), hosts{one});
}

TEST_F(gossip_host_memory, does_not_write_all_the_time) {
    host_memory memory(directory);
    memory.keep({one}, moment(1h));
    memory.keep({two}, moment(1h + 5s));
    EXPECT_EQ(host_memory(directory).read(64), hosts{one});
    memory.keep({two}, moment(1h + host_memory::rest));
    EXPECT_EQ(host_memory(directory).read(64), hosts{two});
    memory.keep({one, two}, moment(1h + host_memory::rest + 1s));
    memory.flush();
    EXPECT_EQ(host_memory(directory).read(64), (hosts{one, two}));
    // What is known already is not written at all.
    host_memory next(directory);
    next.read(64);
    std::filesystem::remove(file());
    next.keep({one, two}, moment(2h));
    EXPECT_FALSE(std::filesystem::exists(file()));
}

TEST_F(gossip_host_memory, forgets_the_hosts_of_what_was_left) {
    host_memory memory(directory);
    memory.keep({one}, moment(1h));
    memory.keep({one, two}, moment(1h + 1s));
    memory.forget();
    memory.flush();
    EXPECT_FALSE(std::filesystem::exists(file()));
    EXPECT_EQ(host_memory(directory).read(64), hosts{});
    memory.forget();
    // Those of the next gossip are kept.
    memory.keep({two}, moment(2h));
    EXPECT_EQ(host_memory(directory).read(64), hosts{two});
}

TEST_F(gossip_host_memory, of_rubbish_is_empty) {
    for (const char* text : {"", "rubbish", "192.0.2.1", "192.0.2.1 0\n192.0.2.2 65536\nx 7\n", "\0\n\n"}) {
        std::ofstream(file()) << text;
        EXPECT_EQ(host_memory(directory).read(64), hosts{}) << text;
    }
    // A directory that can't be written costs a line, no more.
    host_memory nowhere(directory + "/none");
    nowhere.keep({one}, moment(1h));
    nowhere.flush();
}

}  // namespace
}  // namespace waggle::control
