#include "control/overlay/swarm_places.hh"

#include <random>

#include <gtest/gtest.h>

#include "control/overlay/desired_state.hh"

namespace waggle::control {
namespace {

using networkdb::entry_change;

/// A host whose file has little, and a swarm that says many things about few addresses and MACs.
class random_swarm {
public:
    explicit random_swarm(std::uint64_t seed) : _random(seed) {
        _file.node.name = "alpha";
        _file.node.vtep_v4 = address(192, 0, 2, 1);
        _file.node.vtep_v6 = ip_address::parse("2001:db8::1");
        for (const char* name : {"blue", "green"}) {
            config::overlay overlay;
            overlay.name = name;
            overlay.id = *vni::from(static_cast<std::uint32_t>(100 + _file.overlays.size()));
            overlay.subnets = {*ip_prefix::parse("10.1.0.0/29"), *ip_prefix::parse("fd00::/125")};
            _file.overlays.push_back(overlay);
        }
        config::endpoint own;
        own.name = "own";
        own.overlay = "blue";
        own.addresses = {{address(10, 1, 0, 2), 29}};
        own.mac = mac(2);
        own.host = "alpha";
        own.attached = config::container_attachment{config::namespace_by_name{"own"}, "eth0", {}};
        _file.endpoints = {own};
        own.name = "chosen";
        own.addresses.clear();
        own.mac = {};
        _file.endpoints.push_back(own);
        // Known from the file: on all overlays, on one, and of a family that is of no use.
        _file.peers.push_back({"everywhere", address(192, 0, 2, 11), std::nullopt, std::nullopt});
        _file.peers.push_back({"blue-only", address(192, 0, 2, 12), std::nullopt, {{"blue"}}});
        config::peer both{"both", address(192, 0, 2, 13), ip_address::parse("2001:db8::13"), std::nullopt};
        _file.peers.push_back(both);
        if (below(2) == 0) _file.node.vtep_v6.reset();
        if (below(2) == 0) _chosen["chosen"] = {address(10, 1, 0, 3), 29};
        compute();
    }

    void step() {
        _now += std::chrono::milliseconds(below(1500));
        auto news = _tables.apply(change(), _now);
        news = std::max(news, _tables.advance(_now));
        const touched_places touched = _tables.take_touched();
        if (news == table_news::others) return compute();
        const auto delta = _places.follow(_tables, touched, _state);
        if (!delta) {
            ++wholes;
            return compute();
        }
        ++parts;
        if (news == table_news::nothing) {
            EXPECT_TRUE(delta->empty());
        }
        api::apply(_state, *delta);
        expect_as_computed();
    }

    unsigned wholes = 0;
    unsigned parts = 0;

private:
    std::size_t below(std::size_t n) { return _random() % n; }
    static ip_address address(unsigned a, unsigned b, unsigned c, unsigned d) {
        return ip_address::from_v4(a << 24 | b << 16 | c << 8 | d);
    }
    static mac_address mac(std::size_t number) {
        return mac_address::derived_from(address(10, 1, 0, static_cast<unsigned>(number)));
    }
    entry_change change() {
        entry_change made;
        made.network = below(4) == 0 ? "green" : "blue";
        made.owner = "node" + std::to_string(below(3));
        made.key = "key" + std::to_string(below(12));
        made.time = 1 + below(5);
        if (below(12) == 0) {
            made.table = networkdb::host_table;
            networkdb::host_record record;
            record.name = "host" + std::to_string(below(3));
            record.vtep_v4 = address(192, 0, 2, static_cast<unsigned>(11 + below(6)));
            if (below(3) != 0) made.value = networkdb::encode(record);
            return made;
        }
        made.table = networkdb::overlay_peer_table;
        networkdb::peer_record record;
        record.address = {address(10, 1, 0, static_cast<unsigned>(1 + below(9))), 29};
        if (below(5) == 0)
            record.address = {*ip_address::parse("fd00::" + std::to_string(1 + below(3))), 125};
        record.mac = mac(1 + below(6));
        record.vtep = address(192, 0, 2, static_cast<unsigned>(11 + below(6)));
        if (below(8) == 0) record.vtep = *ip_address::parse("2001:db8::13");
        if (below(20) == 0) record.vtep = *_file.node.vtep_v4;
        if (below(4) != 0)
            made.value = networkdb::encode(record);
        else
            made.owner_replaced = below(2) == 0;
        return made;
    }
    api::state computed(swarm_config& all) const {
        all = add_swarm(_file, _tables, _chosen);
        return compute_desired_state(all.config, host_facts()).state;
    }
    void compute() {
        swarm_config all;
        _state = computed(all);
        _places.reset(_file, all.config, all.given, _tables, _state);
    }
    void expect_as_computed() const {
        swarm_config all;
        const api::state model = computed(all);
        ASSERT_EQ(_state.forwarding, model.forwarding);
        ASSERT_EQ(_state.neighbours, model.neighbours);
        ASSERT_EQ(_state, model) << "hosts as well";
    }

    std::mt19937_64 _random;
    config::config _file;
    chosen_addresses _chosen;
    swarm_tables _tables{"self"};
    swarm_places _places;
    api::state _state;
    moment _now{std::chrono::seconds(100)};
};

TEST(swarm_places, every_change_gives_what_the_whole_computation_gives) {
    const std::uint64_t seed = std::random_device{}();
    unsigned wholes = 0;
    unsigned parts = 0;
    for (std::uint64_t i = 0; i < 40; ++i) {
        SCOPED_TRACE("seed " + std::to_string(seed + i));
        random_swarm tried(seed + i);
        for (int step = 0; step < 250; ++step) {
            tried.step();
            if (testing::Test::HasFailure()) return;
        }
        wholes += tried.wholes;
        parts += tried.parts;
    }
    EXPECT_GT(parts, 4 * wholes) << "a change of places seldom needs the whole computation";
}

}  // namespace
}  // namespace waggle::control
