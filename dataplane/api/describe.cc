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

std::string describe(const association_key& key) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string spi = "0x";
    for (unsigned nibble = 8; nibble-- > 0;) spi += digits[key.spi >> 4 * nibble & 15];
    const bool inbound = key.direction == direction::inbound;
    return (inbound ? "inbound" : "outbound") + std::string(" security association ") + spi +
           (inbound ? " from " : " to ") + key.vtep.to_string();
}

std::string describe_count(std::uint64_t count, const std::string& singular, const std::string& plural) {
    return std::to_string(count) + " " + (count == 1 ? singular : plural);
}

}  // namespace waggle::api
