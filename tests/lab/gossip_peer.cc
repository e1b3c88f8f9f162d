/// A host that takes part in the gossip and nothing else, for labs with stock engines:
///   gossip_peer NAME ADDRESS PORT SEED KEY...    keys in hexadecimal, the first one seals
/// Reads lines: "members", "networks", "entries", "counters", "join NETWORK", "part NETWORK", "leave".
/// Answers each with lines and an empty one.

#include <cstdio>
#include <future>
#include <iostream>
#include <random>
#include <sstream>
#include <unistd.h>

#include "control/gossip/node/gossip_node.hh"
#include "control/gossip/transport/transport.hh"

namespace {

using namespace waggle;
using namespace waggle::gossip;

bytes from_hex(const std::string& digits) {
    bytes out;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
        out.push_back(static_cast<std::uint8_t>(std::stoul(digits.substr(i, 2), nullptr, 16)));
    return out;
}

std::string answer(gossip_node& node, const std::string& line, time_point now) {
    std::istringstream in(line);
    std::string what;
    std::string argument;
    in >> what >> argument;
    std::ostringstream out;
    if (what == "members") {
        node.members().for_each([&](const member& who) {
            out << who.name << ' ' << who.address.to_string() << ' ' << to_string(who.state) << ' '
                << who.incarnation << '\n';
        });
    } else if (what == "counters") {
        const memberlist_counters& counted = node.members().counters();
        out << "malformed " << counted.malformed << "\nprobes " << counted.probes << "\nprobes_failed "
            << counted.probes_failed << "\nrefutations " << counted.refutations << "\ndeaths "
            << counted.deaths << "\npush_pulls " << counted.push_pulls << "\npush_pulls_failed "
            << counted.push_pulls_failed << "\nundecodable " << node.tables().counters().undecodable
            << "\ntable_events " << node.tables().counters().table_events << '\n';
    } else if (what == "join") {
        const auto joined = node.tables().join_network(argument, now);
        if (!joined) out << joined.failure().message << '\n';
        node.touched(now);
    } else if (what == "part") {
        const auto parted = node.tables().leave_network(argument, now);
        if (!parted) out << parted.failure().message << '\n';
        node.touched(now);
    } else if (what == "left") {
        out << (node.leave_finished() ? "yes" : "no") << '\n';
    } else if (what == "leave") {
        node.leave(now);
    }
    return out.str();
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 6) return 2;
    const std::vector<std::string> arguments(argv, argv + argc);
    gossip_node_settings how;
    how.members.name = arguments[1];
    how.members.advertise = {*ip_address::parse(arguments[2]),
                             static_cast<std::uint16_t>(std::stoul(arguments[3]))};
    how.seeds = {{*ip_address::parse(arguments[4]), how.members.advertise.port}};
    how.random_seed = std::random_device{}();
    std::vector<bytes> keys;
    for (std::size_t i = 5; i < arguments.size(); ++i) keys.push_back(from_hex(arguments[i]));
    result<keyring> ring = keyring::make(keys, 0);
    if (!ring) {
        std::cerr << ring.failure().message << '\n';
        return 1;
    }
    gossip_node node(how, monotonic_now());
    transport_settings where;
    where.listen = how.members.advertise;
    auto wire = transport::open(where, std::move(*ring), node,
                                [](const notice& line) { std::cerr << line.text << std::endl; });
    if (!wire) {
        std::cerr << wire.failure().message << '\n';
        return 1;
    }
    node.on_change([](const std::vector<networkdb::entry_change>& changes, time_point) {
        for (const networkdb::entry_change& one : changes)
            std::cerr << "entry " << one.table << ' ' << one.key << ' ' << one.owner << ' '
                      << (one.value ? "set" : "gone") << std::endl;
    });
    (*wire)->start([&](time_point now) { node.start(now); });
    for (std::string line; std::getline(std::cin, line);) {
        std::promise<std::string> answered;
        (*wire)->post([&](time_point now) { answered.set_value(answer(node, line, now)); });
        std::cout << answered.get_future().get() << std::endl;
    }
    (*wire)->stop();
    return 0;
}
