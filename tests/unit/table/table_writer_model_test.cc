#include <map>
#include <optional>
#include <set>
#include <sstream>

#include "dataplane/table/table_writer.hh"
#include "tests/unit/table/model_test.hh"

namespace waggle {
namespace {

constexpr std::uint32_t vni_count = 24;
constexpr std::uint32_t vtep_count = 32;
constexpr std::uint32_t mac_count = 64;

vni vni_number(std::uint32_t n) {
    return *vni::from(0x1000 + n);
}
ip_address vtep_address(std::uint32_t n) {
    return ip_address::from_v4(0xc0a8'0000 + n);
}
/// MAC n always lives behind VTEP n % vtep_count.
mac_address mac_number(std::uint32_t n) {
    return mac_address::from_u64(0x0242'0000'0000 + n);
}

/// What must hold at any moment for whoever goes from number to number within one RCU section.
std::string look(const tables& all, random_source& random) {
    std::ostringstream wrong;
    const auto v = static_cast<std::uint32_t>(below(random, vni_count));
    const overlay_index overlay = all.overlay_of(vni_number(v));
    if (overlay == no_overlay) return {};
    const overlay_entry* entry = all.overlay(overlay);
    // It may have gone since, but its number is not another's yet.
    if (entry == nullptr) return {};
    if (entry->vxlan_vni != be32(vni_number(v).value() << 8)) {
        wrong << "VNI " << vni_number(v).value() << " led to overlay " << (entry->vxlan_vni.host() >> 8);
        return wrong.str();
    }
    entry->counters[0].encapsulated_packets.add(0);
    for (const vtep_index vtep : entry->flooding->vteps) {
        const vtep_entry* to = all.vtep(vtep);
        // Only VTEPs with (v + n) % 3 == 0 are ever members of overlay v.
        if (to != nullptr && (v + to->address.v4()) % 3 != vtep_address(0).v4() % 3) {
            wrong << "overlay " << v << " floods to a stranger, " << to->address.to_string();
            return wrong.str();
        }
    }
    for (unsigned i = 0; i < 8; ++i) {
        const auto m = static_cast<std::uint32_t>(below(random, mac_count));
        const auto value = all.forwarding().find(forwarding_key::from(overlay, mac_number(m)));
        if (value) {
            const vtep_entry* to = all.vtep(value->vtep());
            if (to != nullptr && to->address != vtep_address(m % vtep_count)) {
                wrong << "MAC " << m << " led to " << to->address.to_string();
                return wrong.str();
            }
        }
        const auto n = static_cast<std::uint32_t>(below(random, vtep_count));
        const auto sender = all.members().find(overlay, vtep_address(n));
        if (sender && (v + n) % 3 != 0) {
            wrong << "VTEP " << n << " may send on overlay " << v;
            return wrong.str();
        }
    }
    return {};
}

/// The obvious form of what the writer was told.
struct model_state {
    struct overlay {
        bool flood = false;
        std::set<std::uint32_t> members;
        std::set<std::uint32_t> macs;
        std::set<std::uint32_t> neighbours;
    };
    std::map<std::uint32_t, overlay> overlays;
    std::set<std::uint32_t> vteps;
};

class writer_model : public testing::Test {
protected:
    void step(random_source& random) {
        const auto v = static_cast<std::uint32_t>(below(random, vni_count));
        const auto n = static_cast<std::uint32_t>(below(random, vtep_count));
        const auto m = static_cast<std::uint32_t>(below(random, mac_count));
        const overlay_index overlay = _writer.overlay_of(vni_number(v));
        ASSERT_EQ(overlay != no_overlay, _model.overlays.contains(v));
        if (overlay == no_overlay) {
            ASSERT_TRUE(_writer.create_overlay(vni_number(v), {.mtu = 1450, .flood = v % 2 == 0}).ok());
            _model.overlays[v].flood = v % 2 == 0;
            return;
        }
        auto& in = _model.overlays[v];
        if (!_model.vteps.contains(n)) {
            ASSERT_TRUE(_writer.create_vtep(make_unreachable_vtep_entry(vtep_address(n))).ok());
            _model.vteps.insert(n);
            return;
        }
        const auto vtep = [this](std::uint32_t number) { return *_writer.vtep_of(vtep_address(number)); };
        switch (below(random, 20)) {
            case 0:
                _writer.remove_overlay(overlay);
                _model.overlays.erase(v);
                break;
            case 1:
                _writer.remove_vtep(vtep(n));
                _model.vteps.erase(n);
                for (auto& [number, each] : _model.overlays) {
                    each.members.erase(n);
                    std::erase_if(each.macs, [n](std::uint32_t mac) { return mac % vtep_count == n; });
                }
                break;
            case 2:
                in.flood = !in.flood;
                _writer.update_overlay(overlay, {.mtu = 1450, .flood = in.flood});
                break;
            case 3:
                _writer.update_vtep(vtep(n), make_unreachable_vtep_entry(vtep_address(n)));
                break;
            case 4:
            case 5:
                _writer.remove_member(overlay, vtep(n));
                in.members.erase(n);
                break;
            case 6:
            case 7:
            case 8:
                if ((v + n) % 3 != 0) break;
                _writer.add_member(overlay, vtep(n));
                in.members.insert(n);
                break;
            case 9:
            case 10:
            case 11:
                ASSERT_EQ(_writer.erase_forwarding(overlay, mac_number(m)), in.macs.erase(m) == 1);
                break;
            case 12:
                ASSERT_EQ(_writer.erase_neighbour(overlay, vtep_address(m)), in.neighbours.erase(m) == 1);
                break;
            case 13:
                _writer.upsert_neighbour(overlay, vtep_address(m), mac_number(m));
                in.neighbours.insert(m);
                break;
            default:
                if (!_model.vteps.contains(m % vtep_count)) break;
                _writer.upsert_forwarding(overlay, mac_number(m),
                                          forwarding_value::remote(vtep(m % vtep_count)));
                in.macs.insert(m);
        }
    }

    /// After a commit.
    void expect_equal() {
        std::size_t macs = 0;
        std::size_t neighbours = 0;
        std::size_t members = 0;
        for (const auto& [v, expected] : _model.overlays) {
            const overlay_index overlay = _tables.overlay_of(vni_number(v));
            const overlay_entry* entry = _tables.overlay(overlay);
            ASSERT_NE(entry, nullptr);
            ASSERT_EQ(entry->flood, expected.flood);
            ASSERT_EQ(entry->flooding->vteps.size(), expected.flood ? expected.members.size() : 0);
            for (const std::uint32_t n : expected.members)
                ASSERT_EQ(_tables.members().find(overlay, vtep_address(n)), _writer.vtep_of(vtep_address(n)));
            for (const std::uint32_t m : expected.macs)
                ASSERT_EQ(_tables.forwarding().find(forwarding_key::from(overlay, mac_number(m))),
                          forwarding_value::remote(*_writer.vtep_of(vtep_address(m % vtep_count))));
            for (const std::uint32_t m : expected.neighbours)
                ASSERT_EQ(_tables.neighbours().find(overlay, vtep_address(m)), mac_number(m));
            macs += expected.macs.size();
            neighbours += expected.neighbours.size();
            members += expected.members.size();
        }
        ASSERT_EQ(_tables.forwarding().size(), macs);
        ASSERT_EQ(_tables.neighbours().size(), neighbours);
        ASSERT_EQ(_tables.members().size(), members);
        ASSERT_EQ(_writer.overlay_count(), _model.overlays.size());
        ASSERT_EQ(_writer.vtep_count(), _model.vteps.size());
    }

    rcu_domain _rcu{2};
    tables _tables{_rcu};
    table_writer _writer{_tables, _rcu, 1};
    model_state _model;
};

TEST_F(writer_model, numbers_never_lead_to_what_they_were_not_given_for) {
    const std::uint64_t seed = model_seed();
    random_source random(seed);
    readers running(_rcu, 2, seed, [this](random_source& own) { return look(_tables, own); });
    for (unsigned batch = 0; batch < 4000 && !HasFatalFailure(); ++batch) {
        const auto steps = 1 + below(random, 10);
        for (unsigned i = 0; i < steps && !HasFatalFailure(); ++i) step(random);
        _writer.commit();
        if (batch % 50 == 0) running.let_run();
        if (batch % 100 == 0) expect_equal();
    }
    expect_equal();
    EXPECT_GT(running.looks(), 0U);
}

}  // namespace
}  // namespace waggle
