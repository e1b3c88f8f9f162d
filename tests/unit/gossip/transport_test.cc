#include "control/gossip/transport/transport.hh"

#include <condition_variable>
#include <future>
#include <mutex>
#include <random>
#include <unistd.h>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "control/gossip/memberlist/memberlist.hh"
#include "control/gossip/memberlist/wire/packing.hh"
#include "tests/unit/gossip/vectors.hh"

namespace waggle::gossip {
namespace {

using namespace std::chrono_literals;

const bytes other_key(16, 0x55);

/// A member list on real sockets.
class live_host final : public delegate {
public:
    live_host(const std::string& name, const ip_endpoint& where, const bytes& key,
              transport_settings how = {})
        : _random(std::random_device{}()), list(settings_of(name, where), _random, *this) {
        how.listen = where;
        auto opened = transport::open(how, *keyring::make({key}, 0), list, [this](const notice& line) {
            const std::lock_guard lock(_mutex);
            _lines.push_back(line.text);
            _changed.notify_all();
        });
        if (!opened) {
            failure = opened.failure().message;
            return;
        }
        wire = std::move(*opened);
        wire->start([this](time_point now) { list.start(now); });
    }
    ~live_host() override {
        if (wire) wire->stop();
    }

    void user_message(const ip_endpoint&, byte_view message, time_point) override {
        const std::lock_guard lock(_mutex);
        _messages.emplace_back(message.begin(), message.end());
        _changed.notify_all();
    }
    void get_broadcasts(std::size_t, std::size_t, std::vector<bytes>&) override {}
    bytes local_state(bool, time_point) override { return bytes(100'000, 7); }
    void merge_remote_state(byte_view state, bool, time_point) override {
        const std::lock_guard lock(_mutex);
        merged += state.size();
    }
    void node_joined(const member&, time_point) override {}
    void node_left(const member&, time_point) override {}
    void node_updated(const member&, time_point) override {}
    void node_answered(const std::string&, time_point) override {}
    void reliable_sent(stream_id, bool delivered, time_point) override { note_end(delivered); }
    void join_finished(const ip_endpoint&, bool joined, time_point) override { note_end(joined); }

    /// On the transport's thread.
    template <typename Work>
    auto ask(Work work) {
        std::promise<decltype(work())> answer;
        wire->post([&](time_point) { answer.set_value(work()); });
        return answer.get_future().get();
    }
    std::size_t present() {
        return ask([this] { return list.present(); });
    }
    void join(const ip_endpoint& seed) {
        wire->post([this, seed](time_point now) { list.join(seed, now); });
    }
    /// Waits for the end of the next join or reliable message.
    bool wait_end() {
        std::unique_lock lock(_mutex);
        if (!_changed.wait_for(lock, 60s, [&] { return !_ends.empty(); })) return false;
        const bool well = _ends.front();
        _ends.erase(_ends.begin());
        return well;
    }
    bytes wait_message() {
        std::unique_lock lock(_mutex);
        if (!_changed.wait_for(lock, 60s, [&] { return !_messages.empty(); })) return {};
        bytes message = _messages.front();
        _messages.erase(_messages.begin());
        return message;
    }
    bool wait_line(const std::string& part) {
        std::unique_lock lock(_mutex);
        return _changed.wait_for(lock, 60s, [&] { return lines_with_locked(part) != 0; });
    }
    std::size_t lines_with(const std::string& part) {
        const std::lock_guard lock(_mutex);
        return lines_with_locked(part);
    }

private:
    static memberlist_settings settings_of(const std::string& name, const ip_endpoint& where) {
        memberlist_settings how;
        how.name = name;
        how.advertise = where;
        return how;
    }
    void note_end(bool well) {
        const std::lock_guard lock(_mutex);
        _ends.push_back(well);
        _changed.notify_all();
    }
    std::size_t lines_with_locked(const std::string& part) const {
        std::size_t count = 0;
        for (const std::string& line : _lines) count += line.find(part) != std::string::npos ? 1U : 0U;
        return count;
    }

    std::mutex _mutex;
    std::condition_variable _changed;
    std::vector<std::string> _lines;
    std::vector<bytes> _messages;
    std::vector<bool> _ends;
    random_source _random;

public:
    std::size_t merged = 0;
    memberlist list;
    std::unique_ptr<transport> wire;
    std::string failure;
};

/// An address of this host's own that no other test uses.
ip_endpoint own_address() {
    std::random_device device;
    return {ip_address::from_v4(0x7f00'0000U | (device() & 0x00ff'fffeU)), 7946};
}

bool eventually(const std::function<bool()>& holds) {
    for (int i = 0; i < 3000; ++i) {
        if (holds()) return true;
        std::this_thread::sleep_for(20ms);
    }
    return false;
}

void expect_meeting(const ip_endpoint& here, const ip_endpoint& there) {
    live_host one("one", here, vectors::key);
    live_host two("two", there, vectors::key);
    ASSERT_EQ(one.failure + two.failure, "");
    two.join(here);
    ASSERT_TRUE(two.wait_end());
    EXPECT_EQ(two.present(), 2U);
    EXPECT_TRUE(eventually([&] { return one.present() == 2; }));
    EXPECT_EQ(one.ask([&] { return one.merged; }), 100'000U);
    one.wire->post([&](time_point) { one.list.send_best_effort(there, vectors::ack); });
    EXPECT_EQ(two.wait_message(), vectors::ack);
    // More than one read's worth, and hard to compress.
    bytes large(3'000'000);
    random_source random(1);
    for (std::uint8_t& byte : large) byte = static_cast<std::uint8_t>(random());
    one.wire->post([&](time_point) { one.list.send_reliable(there, large); });
    EXPECT_TRUE(one.wait_end());
    EXPECT_TRUE(two.wait_message() == large);
    EXPECT_TRUE(eventually([&] { return one.ask([&] { return one.list.counters().probes; }) > 0; }));
    EXPECT_EQ(one.wire->counters().malformed + two.wire->counters().malformed, 0U);
    two.wire->post([&](time_point now) { two.list.leave(now); });
    EXPECT_TRUE(eventually([&] { return one.present() == 1; }));
}

TEST(transport, members_meet_over_ipv4) {
    expect_meeting(own_address(), own_address());
}

TEST(transport, members_meet_over_ipv6) {
    const ip_address loopback = *ip_address::parse("::1");
    const auto port = static_cast<std::uint16_t>(20'000 + std::random_device{}() % 10'000);
    expect_meeting({loopback, port}, {loopback, static_cast<std::uint16_t>(port + 1)});
}

TEST(transport, a_wrong_key_is_told_once) {
    const ip_endpoint here = own_address();
    const ip_endpoint there = own_address();
    live_host one("one", here, vectors::key);
    live_host two("two", there, other_key);
    ASSERT_EQ(one.failure + two.failure, "");
    for (int i = 0; i < 50; ++i)
        two.wire->post([&](time_point) { two.list.send_best_effort(here, vectors::ack); });
    EXPECT_TRUE(eventually([&] { return one.wire->counters().wrong_key >= 50; }));
    EXPECT_EQ(one.lines_with("gossip key is not among ours"), 1U);
    two.join(here);
    EXPECT_FALSE(two.wait_end());
    EXPECT_EQ(one.present(), 1U);
    // Live rotation: the same two with a key in common.
    one.wire->set_keys(*keyring::make({vectors::key, other_key}, 0));
    two.wire->set_keys(*keyring::make({other_key, vectors::key}, 0));
    two.join(here);
    EXPECT_TRUE(two.wait_end());
    EXPECT_EQ(two.present(), 2U);
}

TEST(transport, says_why_it_cannot_listen) {
    const ip_endpoint here = own_address();
    live_host one("one", here, vectors::key);
    live_host again("again", here, vectors::key);
    EXPECT_NE(again.failure.find("/tcp: Address already in use"), std::string::npos) << again.failure;
    live_host elsewhere("elsewhere", {*ip_address::parse("192.0.2.1"), 7946}, vectors::key);
    EXPECT_NE(elsewhere.failure.find("is the address this host's"), std::string::npos);
}

/// A connection by hand.
int connect_to(const ip_endpoint& to) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(to.port);
    address.sin_addr.s_addr = htonl(to.ip.v4());
    EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return fd;
}
/// The other side closed, without a byte.
bool closed_by_peer(int fd) {
    timeval patience{30, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    char byte;
    const ssize_t got = ::recv(fd, &byte, 1, 0);
    return got == 0 || (got < 0 && errno == ECONNRESET);
}

TEST(transport, closes_streams_that_are_no_gossip) {
    const ip_endpoint here = own_address();
    transport_settings how;
    how.stream_idle = 3s;
    live_host one("one", here, vectors::key, how);
    ASSERT_EQ(one.failure, "");
    const bytes sealed_elsewhere = keyring::make({other_key}, 0)->seal_stream(vectors::ping);
    const bytes rubbish = keyring::make({vectors::key}, 0)->seal_stream(bytes{0x09, 0x01});
    const bytes unwanted = keyring::make({vectors::key}, 0)->seal_stream(bytes{0x04, 0x80});
    const bytes no_frame(64, 0x41);
    const bytes too_long = from_hex("0affffffff");
    for (const bytes& sent : {sealed_elsewhere, rubbish, unwanted, no_frame, too_long, bytes{}}) {
        const int fd = connect_to(here);
        ASSERT_EQ(::send(fd, sent.data(), sent.size(), MSG_NOSIGNAL), static_cast<ssize_t>(sent.size()));
        EXPECT_TRUE(closed_by_peer(fd)) << to_hex(sent).substr(0, 40);
        ::close(fd);
    }
    EXPECT_EQ(one.wire->counters().wrong_key, 1U);
    EXPECT_EQ(one.wire->counters().malformed, 1U);
    EXPECT_EQ(one.wire->counters().not_sealed, 2U);
    EXPECT_EQ(one.wire->counters().streams_refused, 1U) << "the silent one";
    EXPECT_EQ(one.ask([&] { return one.list.counters().malformed; }), 1U);
}

TEST(transport, takes_only_so_many_streams) {
    const ip_endpoint here = own_address();
    transport_settings how;
    how.inbound_streams_of_one_address = 4;
    live_host one("one", here, vectors::key, how);
    ASSERT_EQ(one.failure, "");
    std::vector<int> open;
    for (int i = 0; i < 6; ++i) open.push_back(connect_to(here));
    EXPECT_TRUE(eventually([&] { return one.wire->counters().streams_refused >= 2; }));
    EXPECT_TRUE(one.wait_line("more streams than this host takes"));
    for (const int fd : open) ::close(fd);
    // There is room again.
    live_host two("two", own_address(), vectors::key);
    EXPECT_TRUE(eventually([&] {
        two.join(here);
        return two.wait_end();
    }));
}

}  // namespace
}  // namespace waggle::gossip
