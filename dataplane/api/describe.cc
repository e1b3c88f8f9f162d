#include "dataplane/api/describe.hh"

namespace waggle::api {

std::string describe_port(const std::string& name) {
    return "port \"" + name + "\"";
}

std::string describe_overlay(vni id) {
    return "overlay " + id.to_string();
}

std::string describe_vtep(const ip_address& address) {
    return "VTEP " + address.to_string();
}

std::string describe(const member& named) {
    return "member " + named.vtep.to_string() + " of overlay " + named.overlay.to_string();
}

std::string describe(const forwarding_key& key) {
    return "forwarding entry " + key.mac.to_string() + " of overlay " + key.overlay.to_string();
}

std::string describe(const neighbour_key& key) {
    return "neighbour " + key.ip.to_string() + " of overlay " + key.overlay.to_string();
}

std::string describe_count(std::uint64_t count, const std::string& singular, const std::string& plural) {
    return std::to_string(count) + " " + (count == 1 ? singular : plural);
}

}  // namespace waggle::api
