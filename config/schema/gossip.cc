#include "config/schema/host_and_port.hh"
#include "config/schema/sections.hh"
#include "config/yaml/map_reader.hh"
#include "config/yaml/values.hh"

namespace waggle::config {

gossip read_gossip(const cursor& at, scope& known) {
    constexpr std::string_view seeds =
        "a list of up to 64 hosts such as [192.0.2.1, \"192.0.2.2:7946\", \"[2001:db8::1]:7946\"]";
    gossip result;
    known.has_gossip = true;
    const map_reader map(at, {"seeds", "keys", "advertise", "port"});
    if (const auto port = read_port(map)) result.port = *port;
    if (const auto list = map.required("seeds", seeds)) result.seeds = read_hosts(*list, result.port, seeds);
    if (const auto entry = map.required("keys", "the path of the file with the gossip keys"))
        if (const auto path = read_absolute_path(*entry)) result.keys = *path;
    result.advertise = read_advertise(map);
    return result;
}

}  // namespace waggle::config
