#include <random>

#include "tests/unit/pipeline/expectations.hh"

namespace waggle::test {
namespace {

/// What the model says about a question.
enum class fate { answered, to_port, tunnelled, dropped };

struct expectation {
    fate what = fate::dropped;
    port_index port = 0;
    mac_address owner{};
    std::string reason{};
};

/// Neighbour answers, slow and obvious: a list of sentences over two maps.
struct neighbour_model {
    std::map<ip_address, mac_address> owners;
    std::map<mac_address, forwarding_value> places;

    expectation unicast(const mac_address& destination, port_index from) const {
        const auto place = places.find(destination);
        if (place == places.end()) return {.reason = "unknown_destination"};
        if (place->second.is_remote()) return {.what = fate::tunnelled};
        if (place->second.port() == from) return {.reason = "hairpin"};
        return {.what = fate::to_port, .port = place->second.port()};
    }

    expectation request(const mac_address& asker, const mac_address& destination, port_index from,
                        const ip_address& target) const {
        const bool to_everyone = destination.is_multicast();
        const auto owner = owners.find(target);
        const bool known = owner != owners.end();
        if (known && owner->second == asker) return {.reason = "neighbour_local"};
        if (!known || !places.contains(owner->second)) {
            if (to_everyone) return {.reason = "neighbour_unknown"};
            return unicast(destination, from);
        }
        const forwarding_value place = places.at(owner->second);
        if (place.is_remote()) return {.what = fate::answered, .owner = owner->second};
        if (place.port() == from) return {.reason = "neighbour_local"};
        if (to_everyone) return {.what = fate::to_port, .port = place.port()};
        return unicast(destination, from);
    }
};

class random_neighbours {
public:
    explicit random_neighbours(unsigned seed) : _random(seed) {}

    void run(unsigned steps) {
        for (unsigned step = 0; step < steps && !testing::Test::HasFailure(); ++step) {
            if (_random() % 3 == 0) change();
            ask();
        }
    }

private:
    std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(_random() % n); }
    mac_address random_mac() { return mac_address::from_u64(0x0242'0000'0000 | below(12)); }
    ip_address random_ip(bool v4) {
        if (v4) return ip_address::from_v4(0x0a02'0000 | below(12));
        return ip("fd02::" + std::to_string(below(12)));
    }

    void change() {
        const mac_address owner = random_mac();
        const ip_address address = random_ip(below(2) == 0);
        const forwarding_value places[] = {forwarding_value::local(1), forwarding_value::local(2),
                                           forwarding_value::remote(_host.v4_peer),
                                           forwarding_value::remote(_host.v6_peer)};
        switch (below(6)) {
            case 0:
                _host.writer.erase_neighbour(_host.red, address);
                _model.owners.erase(address);
                break;
            case 1:
                _host.writer.erase_forwarding(_host.red, owner);
                _model.places.erase(owner);
                break;
            case 2:
            case 3: {
                const forwarding_value place = places[below(4)];
                _host.writer.upsert_forwarding(_host.red, owner, place);
                _model.places[owner] = place;
                break;
            }
            default:
                _host.writer.upsert_neighbour(_host.red, address, owner);
                _model.owners[address] = owner;
        }
        _host.writer.commit();
    }

    void ask() {
        const bool v4 = below(2) == 0;
        const bool probe = below(4) == 0;
        const bool to_one = below(4) == 0 && !probe;
        const mac_address asker = random_mac();
        const auto from = static_cast<port_index>(1 + below(2));
        const ip_address target = random_ip(v4);
        const ip_address sender =
            probe ? (v4 ? ip("0.0.0.0") : ip_address()) : ip(v4 ? "10.2.0.200" : "fd02::200");
        mac_address destination = random_mac();
        bytes frame;
        if (v4) {
            if (!to_one) destination = mac_address::broadcast();
            frame = ethernet(destination, asker, 0x0806, arp(1, asker, sender, mac_address(), target));
        } else {
            const ip_address group = to_one ? target : solicited_node(target);
            if (!to_one) destination = multicast_mac(group);
            frame =
                ethernet(destination, asker, 0x86dd, neighbour_solicitation(asker, sender, group, target));
        }
        check(frame, from, _model.request(asker, destination, from, target), target);
    }

    void check(const bytes& frame, port_index from, const expectation& expected, const ip_address& target) {
        const auto before = _host.drops();
        const auto sent = _host.encapsulate(from, _host.red, {{frame}});
        auto drops = before;
        if (expected.what == fate::dropped) {
            ++drops[expected.reason];
            EXPECT_TRUE(sent.empty());
        } else {
            ASSERT_EQ(sent.size(), 1U);
        }
        EXPECT_EQ(_host.drops(), drops);
        if (expected.what == fate::to_port) {
            EXPECT_EQ(sent[0].port, expected.port);
            expect_bytes(sent[0].content, frame);
        }
        if (expected.what == fate::tunnelled) {
            EXPECT_EQ(sent[0].port, dataplane_fixture::underlay);
        }
        if (expected.what == fate::answered) {
            EXPECT_EQ(sent[0].port, from);
            // Both protocols: the owner's MAC as source, and as the last or next-to-last thing said.
            EXPECT_EQ(mac_address::load(&sent[0].content[6]), expected.owner);
            const std::size_t at = target.is_v4() ? 22 : 80;
            ASSERT_GE(sent[0].content.size(), at + 6);
            EXPECT_EQ(mac_address::load(&sent[0].content[at]), expected.owner);
        }
    }

    std::mt19937_64 _random;
    dataplane_fixture _host;
    neighbour_model _model;
};

TEST(neighbours, answer_as_a_slow_model_does) {
    const unsigned seed = std::random_device()();
    RecordProperty("seed", std::to_string(seed));
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    random_neighbours(seed).run(20'000);
}

}  // namespace
}  // namespace waggle::test
