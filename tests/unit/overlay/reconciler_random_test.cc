#include <random>

#include <gtest/gtest.h>

#include "control/overlay/desired_state.hh"
#include "control/overlay/reconciler.hh"
#include "tests/unit/overlay/fake_dataplane.hh"
#include "tests/unit/overlay/samples.hh"

namespace waggle::control {
namespace {

/// Random changes, lost connections, restarts of either side and ports that break and mend, in virtual time.
class random_life {
public:
    explicit random_life(std::uint64_t seed) : _random(seed) {
        _dataplane.names_ports = below(2) == 0;
        desire_something();
    }

    void step() {
        _now += std::chrono::milliseconds(below(3000));
        switch (below(10)) {
            case 0:
            case 1:
                desire_something();
                break;
            case 2:
                amend_something();
                break;
            case 3:
                connect_if_needed();
                break;
            case 4:
                if (below(3) == 0) lose_connection();
                break;
            case 5:
                if (below(3) == 0) _dataplane.restart(), lose_connection();
                break;
            case 6:
                break_or_mend_a_port();
                break;
            case 7:
                if (below(5) == 0) restart_control();
                break;
            default:
                deliver();
                break;
        }
    }

    /// Mends everything and lets time pass until nothing is left to do.
    void calm_down() {
        _dataplane.broken.clear();
        connect_if_needed();
        for (int i = 0; i < 2000; ++i) {
            deliver();
            if (auto wake = _one.wake_at()) _now = std::max(_now, *wake);
        }
    }

    void expect_equal() const {
        ASSERT_TRUE(_one.diff().empty());
        ASSERT_EQ(_dataplane.state, _desired);
        ASSERT_EQ(*_one.desired(), _desired);
        ASSERT_TRUE(_one.faults().empty());
        ASSERT_FALSE(_one.wake_at());
    }
    /// What the reconciler takes for acknowledged is what the dataplane has.
    void expect_honest() const {
        if (!_one.in_force() || _pending) return;
        ASSERT_EQ(*_one.exactly_in_force(), _dataplane.state);
        ASSERT_EQ(_one.diff().size(), api::difference(_dataplane.state, _desired).size());
    }

private:
    std::size_t below(std::size_t n) { return _random() % n; }
    void desire_something() {
        config::config config = random_config(_random);
        _desired = compute_desired_state(config, random_facts(_random, config)).state;
        _one.desire(std::make_shared<api::state>(_desired), _now);
    }
    /// Some entries come, go or change.
    void amend_something() {
        api::delta change;
        for (const auto& [key, mac] : _desired.neighbours)
            if (below(4) == 0) change.removals.neighbours.push_back(key);
        for (const api::member& member : _desired.members) {
            const auto number = static_cast<std::uint32_t>(below(8));
            const ip_address ip = ip_address::from_v4(0x0a63'0000U + number);
            const mac_address mac = mac_address::derived_from(ip);
            if (below(2) == 0) continue;
            change.upserts.forwarding.emplace_back(api::forwarding_key{member.overlay, mac}, member.vtep);
            change.upserts.neighbours.emplace_back(api::neighbour_key{member.overlay, ip}, mac);
        }
        api::apply(_desired, change);
        _one.amend(change, _now);
    }
    void connect_if_needed() {
        if (!_one.is_connected()) connect(_one, _dataplane, _now);
    }
    void lose_connection() {
        // A batch on its way may have been applied or not.
        if (_pending && below(2) == 0) _dataplane.take(*_pending);
        _pending.reset();
        _one.disconnected();
    }
    void restart_control() {
        _pending.reset();
        _one = {};
        _one.desire(std::make_shared<api::state>(_desired), _now);
    }
    void break_or_mend_a_port() {
        std::string name = "vhost-e" + std::to_string(below(40));
        if (!_dataplane.broken.erase(name)) _dataplane.broken.insert(name);
    }
    void deliver() {
        if (!_pending) {
            _pending = _one.next(_now);
            return;
        }
        std::string reason = _dataplane.take(*_pending);
        _pending.reset();
        if (reason.empty())
            _one.acknowledged();
        else
            _one.refused(reason, _now);
    }

    std::mt19937_64 _random;
    fake_dataplane _dataplane;
    reconciler _one;
    std::optional<reconciler::batch> _pending;
    api::state _desired;
    moment _now{};
};

TEST(reconciler, acknowledged_is_desired_at_the_end_of_a_random_life) {
    std::uint64_t seed = std::random_device{}();
    for (std::uint64_t i = 0; i < 60; ++i) {
        SCOPED_TRACE("seed " + std::to_string(seed + i));
        random_life life(seed + i);
        for (int step = 0; step < 300; ++step) {
            life.step();
            life.expect_honest();
            if (testing::Test::HasFatalFailure()) return;
        }
        life.calm_down();
        life.expect_equal();
        if (testing::Test::HasFatalFailure()) return;
    }
}

}  // namespace
}  // namespace waggle::control
