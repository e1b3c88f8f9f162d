"""The kernel's routing and neighbour tables decide where a VTEP is."""

import pytest

from lab import Switch, wait_until
from topology import Pair, address_of
from waggle_host import WaggleHost, introduce

FAMILIES = ["ipv4", "ipv6"]
# The networks of the two wires, as the beginning of an address, and the length of their prefix.
LEFT = {"ipv4": "192.0.2.", "ipv6": "2001:db8:1::"}
RIGHT = {"ipv4": "198.51.100.", "ipv6": "2001:db8:2::"}
LENGTH = {"ipv4": 24, "ipv6": 64}


def network(beginning, family):
    return f"{beginning}{'0' if family == 'ipv4' else ''}/{LENGTH[family]}"


def routed_pair(lab, family="ipv4"):
    """Two hosts behind two routers on the same two wires."""
    left, right = Switch(lab, "left"), Switch(lab, "right")
    hosts = []
    for number, (name, wire, subnet) in enumerate((("a", left, LEFT[family]), ("b", right, RIGHT[family])), start=1):
        host = WaggleHost(lab, name)
        wire.connect(host.namespace, "eth0", [f"{subnet}{number}/{LENGTH[family]}"])
        host.config["node"]["vtep"] = {family: f"{subnet}{number}"}
        host.overlay("blue", 4097, ["10.1.0.0/24"])
        host.container(f"{name}1", "blue", [f"10.1.0.{number}"])
        hosts.append(host)
    routers = []
    for number in (253, 254):
        router = lab.namespace(f"r{number}")
        router.sysctl("net.ipv4.ip_forward", 1)
        router.sysctl("net.ipv6.conf.all.forwarding", 1)
        left.connect(router, "left", [f"{LEFT[family]}{number}/{LENGTH[family]}"])
        right.connect(router, "right", [f"{RIGHT[family]}{number}/{LENGTH[family]}"])
        routers.append(router)
    introduce(*hosts)
    hosts[0].namespace.ip("route", "add", network(RIGHT[family], family), "via", f"{LEFT[family]}254")
    hosts[1].namespace.ip("route", "add", network(LEFT[family], family), "via", f"{RIGHT[family]}254")
    return hosts, routers


@pytest.mark.parametrize("family", FAMILIES)
def test_peer_behind_a_router_and_a_changed_route(lab, family):
    (a, b), (first, second) = routed_pair(lab, family)
    a.start()
    b.start()
    a1 = a.containers["a1"]
    assert a1.reaches("10.1.0.2")

    # The way through the second router goes, another through the first comes: no restart, no reload.
    a.namespace.ip("route", "replace", network(RIGHT[family], family), "via", f"{LEFT[family]}253")
    b.namespace.ip("route", "replace", network(LEFT[family], family), "via", f"{RIGHT[family]}253")
    second.ip("link", "set", "left", "down")
    assert a1.reaches("10.1.0.2", timeout=20)

    expected = first.ip_json("link", "show", "left")[0]["address"]
    assert a.items("peers")[0]["next_hop_mac"] == expected

    a.namespace.ip("route", "del", network(RIGHT[family], family))
    wait_until(lambda: not a.items("peers")[0]["reachable"], what="the peer to be unreachable")


@pytest.mark.parametrize("family", FAMILIES)
def test_path_mtu_of_the_route_limits_the_frames(lab, family):
    (a, b), _ = routed_pair(lab, family)
    a.start()
    b.start()
    a1 = a.containers["a1"]
    assert a1.reaches("10.1.0.2")
    a.namespace.ip("route", "replace", network(RIGHT[family], family), "via", f"{LEFT[family]}254", "mtu", "1400")
    wait_until(lambda: a.items("peers")[0]["path_mtu"] == 1400, timeout=30, what="the path MTU to arrive")
    answer = a1.run("ping", "-n", "-c", "2", "-W", "1", "-M", "do", "-s", "1400", "10.1.0.2", check=False).stdout
    inside = 1400 - (50 if family == "ipv4" else 70)
    assert str(inside) in answer, answer
    assert a1.ping("10.1.0.2", size=inside - 28, dont_fragment=True)[1] == 3


@pytest.mark.parametrize("family", FAMILIES)
def test_peer_moves_to_another_mac(lab, family):
    pair = Pair(lab, family)
    assert pair.a1.reaches("10.1.0.2")
    moved = "02:00:00:00:00:77"
    pair.b.namespace.ip("link", "set", "eth0", "down")
    pair.b.namespace.ip("link", "set", "eth0", "address", moved)
    pair.b.namespace.ip("link", "set", "eth0", "up")
    # As any host does that comes up with a new adapter.
    if family == "ipv4":
        pair.b.namespace.run("arping", "-A", "-c", "2", "-I", "eth0", "192.0.2.2", check=False)
    else:
        # The kernel took the address away with the link; it announces it as it answers.
        pair.b.namespace.ip("addr", "replace", f"{address_of(family, 2)}/64", "dev", "eth0", "nodad")
    # Unannounced it takes until the kernel asks again: up to 45 s as reachable, 5 s of delay, three questions.
    wait_until(lambda: pair.a.items("peers")[0]["next_hop_mac"] == moved, timeout=90, what="the new MAC")
    assert pair.a1.reaches("10.1.0.2", timeout=20)
