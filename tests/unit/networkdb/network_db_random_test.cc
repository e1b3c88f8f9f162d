#include <cstdlib>

#include <gtest/gtest.h>

#include "tests/unit/networkdb/world.hh"

namespace waggle::networkdb {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Random operations on random hosts; the model knows what each living host has published.
class random_world {
public:
    explicit random_world(std::uint64_t seed) : _world(seed) {
        auto& random = _world.random();
        _world.loss = random.below(3) == 0 ? 0.0 : 0.05;
        _networks = 1 + random.below(5);
        for (std::uint64_t hosts = 2 + random.below(24); hosts > 0; --hosts) add_model(_world.add());
        _world.run(seconds(2));
    }

    void operate() {
        auto& random = _world.random();
        std::size_t host = random.below(_models.size());
        model& of = _models[host];
        if (!of.alive) {
            if (random.below(3) == 0 && !of.replaced) {
                of.replaced = true;
                add_model(_world.restart(host));
            }
            return;
        }
        std::string network = "net" + std::to_string(random.below(_networks));
        network_db& db = _world.db(host);
        switch (random.below(20)) {
            case 0:
                _world.put_on_side(host, static_cast<unsigned>(random.below(2)));
                return;
            case 1:
                _world.heal();
                return;
            case 2:
                if (living() > 2) end(host, [&] { _world.kill(host); });
                return;
            case 3:
                if (living() > 2) end(host, [&] { _world.leave(host); });
                return;
            case 4:
                if (of.networks.erase(network) == 0) return;
                ASSERT_TRUE(db.leave_network(network, _world.now()).ok());
                return;
            case 5:
            case 6:
                remove(of, db, network);
                return;
            case 7:
                update(of, db, network);
                return;
            default:
                create(of, db, network);
                return;
        }
    }

    void run(gossip::duration time) { _world.run(time); }

    /// True if every living host has exactly what the living hosts of each of its networks published, and its
    /// watcher was told the same.
    bool settled(std::string* difference = nullptr) {
        for (std::size_t host = 0; host < _models.size(); ++host) {
            if (!_models[host].alive) continue;
            std::map<std::string, std::string> watched;
            for (const auto& [network, unused] : _models[host].networks) {
                std::map<std::string, std::string> expected;
                for (const model& other : _models)
                    if (auto in = other.networks.find(network); other.alive && in != other.networks.end())
                        for (const auto& [key, value] : in->second)
                            expected[network + "/t/" + key] = other.name + "=" + value;
                auto found = _world.table(host, network);
                if (found != expected) {
                    if (difference != nullptr) *difference = differ(host, expected, found);
                    return false;
                }
                watched.insert(expected.begin(), expected.end());
            }
            if (_world.hosts()[host].watched != watched) {
                if (difference != nullptr)
                    *difference = "watcher: " + differ(host, watched, _world.hosts()[host].watched);
                return false;
            }
        }
        return true;
    }
    world& inner() { return _world; }

private:
    struct model {
        std::string name;
        bool alive = true;
        bool replaced = false;
        std::map<std::string, std::map<std::string, std::string>> networks;
    };

    static std::string differ(std::size_t host, const std::map<std::string, std::string>& expected,
                              const std::map<std::string, std::string>& found) {
        std::string text = "host " + std::to_string(host);
        for (const auto& [key, value] : expected)
            if (!found.contains(key)) text += "; lacks " + key + " " + value;
        for (const auto& [key, value] : found)
            if (auto other = expected.find(key); other == expected.end() || other->second != value)
                text += "; has too much " + key + " " + value;
        return text;
    }
    void add_model(std::size_t which) {
        ASSERT_EQ(which, _models.size());
        _models.push_back({});
        _models.back().name = _world.db(which).self().name;
    }
    std::size_t living() const {
        std::size_t count = 0;
        for (const model& each : _models) count += each.alive ? 1U : 0U;
        return count;
    }
    template <typename How>
    void end(std::size_t host, How&& how) {
        how();
        _models[host].alive = false;
        _models[host].networks.clear();
        // What it leaves behind in a side of its own is nobody's to judge.
        _world.heal();
    }
    void create(model& of, network_db& db, const std::string& network) {
        if (!of.networks.contains(network)) {
            ASSERT_TRUE(db.join_network(network, _world.now()).ok());
            of.networks[network];
        }
        std::string key = "key" + std::to_string(_next_key++);
        std::string value = std::to_string(_world.random().below(1000));
        ASSERT_TRUE(db.create(network, "t", key, value, _world.now()).ok());
        of.networks[network][key] = value;
    }
    void remove(model& of, network_db& db, const std::string& network) {
        auto in = of.networks.find(network);
        if (in == of.networks.end() || in->second.empty()) return;
        ASSERT_TRUE(db.remove(network, "t", in->second.begin()->first, _world.now()).ok());
        in->second.erase(in->second.begin());
    }
    void update(model& of, network_db& db, const std::string& network) {
        auto in = of.networks.find(network);
        if (in == of.networks.end() || in->second.empty()) return;
        in->second.begin()->second += "x";
        ASSERT_TRUE(
            db.update(network, "t", in->second.begin()->first, in->second.begin()->second, _world.now())
                .ok());
    }

    world _world;
    std::uint64_t _networks = 1;
    std::uint64_t _next_key = 0;
    std::vector<model> _models;
};

class network_db_random : public testing::TestWithParam<std::uint64_t> {};

TEST_P(network_db_random, all_members_end_with_the_same_tables) {
    SCOPED_TRACE("seed " + std::to_string(GetParam()));
    random_world tried(GetParam());
    for (int i = 0; i < 150; ++i) {
        tried.operate();
        if (testing::Test::HasFatalFailure()) return;
        tried.run(
            gossip::duration(static_cast<gossip::duration::rep>(tried.inner().random().below(2'000'000))));
    }
    tried.inner().heal();
    std::string difference;
    int waited = 0;
    while (!tried.settled(&difference) && waited < 240) {
        tried.run(seconds(1));
        ++waited;
    }
    EXPECT_LT(waited, 240) << difference;
    // And it stays so, beyond the time for which deleted entries are remembered.
    for (int i = 0; i < 40; ++i) tried.run(std::chrono::minutes(1));
    EXPECT_TRUE(tried.settled(&difference)) << difference;
    RecordProperty("seconds_to_settle", waited);
}

INSTANTIATE_TEST_SUITE_P(seeds, network_db_random, testing::Range<std::uint64_t>(1, 13));

}  // namespace
}  // namespace waggle::networkdb
