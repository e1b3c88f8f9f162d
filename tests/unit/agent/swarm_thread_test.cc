#include "control/agent/swarm_thread.hh"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "control/gossip/networkdb/records.hh"

namespace waggle::control {
namespace {

using namespace std::chrono_literals;

const gossip::bytes first_key(16, 0x11);
const gossip::bytes second_key(16, 0x22);

gossip::keyring keys(const std::vector<gossip::bytes>& all) {
    return *gossip::keyring::make(all, 0);
}

/// An address of this host's own that no other test uses.
gossip::ip_endpoint own_address() {
    std::random_device device;
    return {ip_address::from_v4(0x7f00'0000U | (device() & 0x00ff'fffeU)), 7946};
}

/// A gossip thread and what it told, on whatever thread.
class live_swarm {
public:
    live_swarm(const std::string& name, const gossip::ip_endpoint& where,
               std::vector<gossip::ip_endpoint> seeds) {
        gossip::gossip_node_settings how;
        how.members.name = name;
        how.members.advertise = where;
        how.seeds = std::move(seeds);
        how.random_seed = std::random_device{}();
        auto started = swarm_thread::start(
            how, keys({first_key}),
            {.changes = [this](std::vector<networkdb::entry_change> changes) { hear(std::move(changes)); },
             .status = [this](swarm_report report) { hear(std::move(report)); }});
        EXPECT_TRUE(started.ok()) << (started.ok() ? "" : started.failure().message);
        if (started) thread = std::move(*started);
    }
    ~live_swarm() {
        if (thread) thread->stop();
    }

    bool wait(const std::function<bool(const swarm_report&)>& holds) {
        for (int i = 0; i < 3000; ++i) {
            thread->report();
            std::unique_lock lock(_mutex);
            if (_changed.wait_for(lock, 20ms, [&] { return holds(_last); })) return true;
        }
        return false;
    }
    bool wait_value(const std::string& owner, bool there) {
        std::unique_lock lock(_mutex);
        return _changed.wait_for(lock, 60s, [&] { return _owners.contains(owner) == there; });
    }

    std::unique_ptr<swarm_thread> thread;

private:
    void hear(std::vector<networkdb::entry_change> changes) {
        const std::lock_guard lock(_mutex);
        for (const networkdb::entry_change& each : changes) {
            if (each.table != networkdb::overlay_peer_table) continue;
            if (each.value)
                _owners.insert(each.owner);
            else
                _owners.erase(each.owner);
        }
        _changed.notify_all();
    }
    void hear(swarm_report report) {
        const std::lock_guard lock(_mutex);
        _last = std::move(report);
        _changed.notify_all();
    }

    std::mutex _mutex;
    std::condition_variable _changed;
    swarm_report _last;
    std::set<std::string> _owners;
};

gossip::publication one_endpoint(const std::string& address) {
    gossip::publication wanted;
    const ip_prefix where = *ip_prefix::parse(address);
    wanted["net"].endpoints["web"].peer_record = networkdb::encode(networkdb::peer_record{
        where, mac_address::derived_from(where.address), *ip_address::parse("192.0.2.1")});
    return wanted;
}

/// Also run under ThreadSanitizer.
TEST(swarm_thread, tells_and_hears_while_keys_and_seeds_change) {
    const gossip::ip_endpoint here = own_address();
    const gossip::ip_endpoint there = own_address();
    live_swarm one("one", here, {here});
    live_swarm two("two", there, {own_address()});
    ASSERT_TRUE(one.thread && two.thread);
    one.thread->publish(one_endpoint("10.1.0.1/24"));
    two.thread->publish(one_endpoint("10.1.0.2/24"));
    ASSERT_TRUE(two.wait([](const swarm_report& report) { return report.seeds_are_down; }));
    two.thread->set_seeds({here});
    ASSERT_TRUE(one.wait([](const swarm_report& report) { return report.present == 2; }));
    EXPECT_TRUE(one.wait_value("two", true));
    EXPECT_TRUE(two.wait_value("one", true));
    const auto rotate = [&](const std::vector<gossip::bytes>& all) {
        one.thread->set_keys(keys(all));
        two.thread->set_keys(keys(all));
    };
    rotate({first_key, second_key});
    rotate({second_key, first_key});
    rotate({second_key});
    one.thread->publish({});
    EXPECT_TRUE(two.wait_value("one", false));
    ASSERT_TRUE(two.wait([](const swarm_report& report) { return report.members->size() == 1; }));
    ASSERT_TRUE(two.wait([](const swarm_report& report) { return report.last_change_seconds.has_value(); }));
    EXPECT_EQ(one.thread->counters().wrong_key + two.thread->counters().wrong_key, 0U);
    // What one remembers is enough to find back, also for a host whose only seed is itself.
    ASSERT_TRUE(one.wait([&](const swarm_report& report) {
        return report.hosts_to_remember == std::vector<gossip::ip_endpoint>{there};
    }));
    two.thread->leave();
    EXPECT_TRUE(one.wait([](const swarm_report& report) { return report.present == 1; }));
    EXPECT_TRUE(two.wait([&](const swarm_report&) { return two.thread->left(); }));
}

TEST(swarm_thread, stops_while_it_works) {
    for (int i = 0; i < 10; ++i) {
        const gossip::ip_endpoint here = own_address();
        live_swarm one("one", here, {own_address(), here});
        for (int n = 1; n < 20; ++n) one.thread->publish(one_endpoint("10.1.0." + std::to_string(n) + "/24"));
        one.thread->report();
    }
}

}  // namespace
}  // namespace waggle::control
