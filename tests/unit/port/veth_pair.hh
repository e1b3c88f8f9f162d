#pragma once

#include "tests/unit/port/port_lab.hh"

namespace waggle {

/// Two namespaces joined by a veth pair: "here" with v0 (02:00:00:00:00:0a, 192.0.2.1, 2001:db8::1) and
/// "there" with v1 (02:00:00:00:00:0b, 192.0.2.2, 2001:db8::2).
struct veth_pair {
    veth_pair() { connect(); }
    void connect() const {
        here.run("ip link add v0 type veth peer name v1 netns " + there.path());
        here.run(
            "ip link set v0 address 02:00:00:00:00:0a up; ip addr add 192.0.2.1/24 dev v0; "
            "ip -6 addr add 2001:db8::1/64 dev v0 nodad; ip neigh add 192.0.2.2 lladdr 02:00:00:00:00:0b dev "
            "v0; "
            "ip neigh add 2001:db8::2 lladdr 02:00:00:00:00:0b dev v0");
        there.run(
            "ip link set v1 address 02:00:00:00:00:0b up; ip addr add 192.0.2.2/24 dev v1; "
            "ip -6 addr add 2001:db8::2/64 dev v1 nodad; ip neigh add 192.0.2.1 lladdr 02:00:00:00:00:0a dev "
            "v1; "
            "ip neigh add 2001:db8::1 lladdr 02:00:00:00:00:0a dev v1");
        here.wait_until_up("v0");
        there.wait_until_up("v1");
    }

    static constexpr const char* here_mac = "02:00:00:00:00:0a";
    static constexpr const char* there_mac = "02:00:00:00:00:0b";
    lab_namespace here;
    lab_namespace there;
};

}  // namespace waggle
