"""Two Waggle hosts: every size and family of traffic between their containers."""

import pytest

from lab import wait_until
from topology import Pair, without_offloads
from traffic import iperf, transfer

CASES = {
    "ipv4": {},
    "ipv6": {"family": "ipv6"},
    "jumbo": {"mtu": 9000},
    "jumbo_ipv6": {"family": "ipv6", "mtu": 9000},
    "udp_port": {"udp_port": 8472},
    "no_offloads": {"offloads": False},
    "two_workers": {"workers": 2},
}


@pytest.mark.parametrize("case", CASES)
def test_containers_talk(lab, case):
    pair = Pair(lab, **CASES[case])
    if not CASES[case].get("offloads", True):
        without_offloads(pair.a1, pair.b1)
    overhead = 70 if CASES[case].get("family") == "ipv6" else 50
    mtu = CASES[case].get("mtu", 1500) - overhead
    assert pair.a1.ip_json("link", "show", "eth0")[0]["mtu"] == mtu

    assert pair.a1.reaches("10.1.0.2")
    assert pair.a1.reaches("fd00:1::2")
    assert pair.a1.ping("10.1.0.2", count=20, interval=0.05) == (20, 20)
    assert pair.b1.ping("fd00:1::1", count=20, interval=0.05) == (20, 20)
    # The largest packets that fit, not fragmented.
    assert pair.a1.ping("10.1.0.2", size=mtu - 28, dont_fragment=True)[1] == 3
    assert pair.b1.ping("fd00:1::1", size=mtu - 48, dont_fragment=True)[1] == 3

    assert iperf(pair.b1, pair.a1, "10.1.0.2", seconds=1) > 1
    assert iperf(pair.b1, pair.a1, "fd00:1::2", seconds=1, reverse=True) > 1
    assert iperf(pair.b1, pair.a1, "10.1.0.2", seconds=1, udp=True) > 1
    assert transfer(pair.b1, pair.a1, "10.1.0.2", 20, lab.directory)


def test_frames_above_the_mtu_are_answered(lab):
    pair = Pair(lab)
    assert pair.a1.reaches("10.1.0.2")
    # The way to the peer is narrower than the overlay, which the container cannot know.
    pair.a.namespace.ip("route", "add", "192.0.2.2/32", "dev", "eth0", "mtu", "1400")
    wait_until(lambda: pair.a.items("peers")[0]["path_mtu"] == 1400, timeout=30, what="the path MTU")
    answer = pair.a1.run("ping", "-n", "-c", "2", "-W", "1", "-M", "do", "-s", "1400", "10.1.0.2", check=False).stdout
    assert "1350" in answer, answer
    answer = pair.a1.run("ping", "-n", "-c", "2", "-W", "1", "-M", "do", "-s", "1390", "fd00:1::2", check=False).stdout
    assert "1350" in answer, answer
    assert pair.a.drops()[("blue", "oversize")] >= 2
    # TCP finds the narrower path by itself.
    assert transfer(pair.b1, pair.a1, "10.1.0.2", 5, lab.directory)
    assert transfer(pair.b1, pair.a1, "fd00:1::2", 5, lab.directory)


def test_unknown_broadcast_and_multicast_are_dropped_and_counted(lab):
    pair = Pair(lab)
    assert pair.a1.reaches("10.1.0.2")
    pair.a1.run("ping", "-n", "-c", "1", "-W", "1", "10.1.0.77", check=False)
    pair.a1.run("ping", "-n", "-c", "2", "-W", "1", "-b", "10.1.0.255", check=False)
    pair.a1.run("ping", "-n", "-c", "2", "-W", "1", "224.0.0.5", "-I", "eth0", check=False)
    drops = pair.a.drops()
    assert drops[("blue", "neighbour_unknown")] >= 1
    assert drops[("blue", "broadcast")] >= 1
    assert drops[("blue", "multicast")] >= 1


def test_flooding_overlay_replicates(lab):
    pair = Pair(lab, flood=True)
    assert pair.a1.reaches("10.1.0.2")
    pair.b1.sysctl("net.ipv4.icmp_echo_ignore_broadcasts", 0)
    answer = pair.a1.run("ping", "-n", "-c", "3", "-W", "1", "-b", "10.1.0.255", check=False).stdout
    assert "10.1.0.2" in answer, answer
