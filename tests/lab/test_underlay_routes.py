"""The kernel's routing and neighbour tables decide where a VTEP is."""

from lab import Switch, wait_until
from topology import Pair
from waggle_host import WaggleHost, introduce


def routed_pair(lab):
    """Two hosts behind two routers on the same two wires."""
    left, right = Switch(lab, "left"), Switch(lab, "right")
    hosts = []
    for number, (name, wire, subnet) in enumerate((("a", left, "192.0.2"), ("b", right, "198.51.100")), start=1):
        host = WaggleHost(lab, name)
        wire.connect(host.namespace, "eth0", [f"{subnet}.{number}/24"])
        host.config["node"]["vtep"] = {"ipv4": f"{subnet}.{number}"}
        host.overlay("blue", 4097, ["10.1.0.0/24"])
        host.container(f"{name}1", "blue", [f"10.1.0.{number}"])
        hosts.append(host)
    routers = []
    for number in (253, 254):
        router = lab.namespace(f"r{number}")
        router.sysctl("net.ipv4.ip_forward", 1)
        left.connect(router, "left", [f"192.0.2.{number}/24"])
        right.connect(router, "right", [f"198.51.100.{number}/24"])
        routers.append(router)
    introduce(*hosts)
    hosts[0].namespace.ip("route", "add", "198.51.100.0/24", "via", "192.0.2.254")
    hosts[1].namespace.ip("route", "add", "192.0.2.0/24", "via", "198.51.100.254")
    return hosts, routers


def test_peer_behind_a_router_and_a_changed_route(lab):
    (a, b), (first, second) = routed_pair(lab)
    a.start()
    b.start()
    a1 = a.containers["a1"]
    assert a1.reaches("10.1.0.2")

    # The way through the second router goes, another through the first comes: no restart, no reload.
    a.namespace.ip("route", "replace", "198.51.100.0/24", "via", "192.0.2.253")
    b.namespace.ip("route", "replace", "192.0.2.0/24", "via", "198.51.100.253")
    second.ip("link", "set", "left", "down")
    assert a1.reaches("10.1.0.2", timeout=20)

    expected = first.ip_json("link", "show", "left")[0]["address"]
    assert a.items("peers")[0]["next_hop_mac"] == expected

    a.namespace.ip("route", "del", "198.51.100.0/24")
    wait_until(lambda: not a.items("peers")[0]["reachable"], what="the peer to be unreachable")


def test_path_mtu_of_the_route_limits_the_frames(lab):
    (a, b), _ = routed_pair(lab)
    a.start()
    b.start()
    a1 = a.containers["a1"]
    assert a1.reaches("10.1.0.2")
    a.namespace.ip("route", "replace", "198.51.100.0/24", "via", "192.0.2.254", "mtu", "1400")
    wait_until(lambda: a.items("peers")[0]["path_mtu"] == 1400, timeout=30, what="the path MTU to arrive")
    answer = a1.run("ping", "-n", "-c", "2", "-W", "1", "-M", "do", "-s", "1400", "10.1.0.2", check=False).stdout
    assert "1350" in answer, answer
    assert a1.ping("10.1.0.2", size=1350 - 28, dont_fragment=True)[1] == 3


def test_peer_moves_to_another_mac(lab):
    pair = Pair(lab)
    assert pair.a1.reaches("10.1.0.2")
    moved = "02:00:00:00:00:77"
    pair.b.namespace.ip("link", "set", "eth0", "down")
    pair.b.namespace.ip("link", "set", "eth0", "address", moved)
    pair.b.namespace.ip("link", "set", "eth0", "up")
    # As any host does that comes up with a new adapter.
    pair.b.namespace.run("arping", "-A", "-c", "2", "-I", "eth0", "192.0.2.2", check=False)
    wait_until(lambda: pair.a.items("peers")[0]["next_hop_mac"] == moved, timeout=40, what="the new MAC")
    assert pair.a1.reaches("10.1.0.2", timeout=20)
