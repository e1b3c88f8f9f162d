"""Encrypted overlays: two Waggle hosts with the keys of stock Docker's overlays."""

import os
import subprocess

import pytest

from lab import wait_until
from topology import Pair
from traffic import iperf

KEYS = ["11" * 16, "22" * 16, "33" * 16, "44" * 16]


def write_keys(host, lab, first):
    """Three keys of the swarm, as in its keyring: receive with all, send with the middle one."""
    path = lab.directory / f"{host.config['node']['name']}.keys"
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        for number in range(first, first + 3):
            file.write(f"{1000 + number} {KEYS[number]}\n")
    return str(path)


def docker_pair(lab, **parameters):
    pair = Pair(lab, start=False, **parameters)
    for host in pair.hosts:
        host.config["node"]["docker_encryption"] = {"keys": write_keys(host, lab, 0)}
        for overlay in host.config["overlays"]:
            overlay["encryption"] = {"profile": "docker"}
    for host in pair.hosts:
        host.start()
    return pair


def protocols_on_wire(pair, *filter_words):
    """Protocols of the next packets at host a that match."""
    return pair.a.namespace.run("tshark", "-i", "eth0", "-a", "duration:3", "-c", "100", "-T", "fields", "-e",
                                "_ws.col.Protocol", "-f", " ".join(filter_words), check=False, timeout=60).stdout.split()


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_docker_profile_carries_everything_in_esp(lab, family):
    pair = docker_pair(lab, family=family)
    # Each family and each host gets ready at its own time.
    assert pair.a1.reaches("10.1.0.2", timeout=30) and pair.b1.reaches("fd00:1::1", timeout=30)
    assert pair.a1.ping("10.1.0.2", count=20, interval=0.05) == (20, 20)
    assert pair.b1.ping("fd00:1::1", count=20, interval=0.05) == (20, 20)
    # Stock's MTU: 26 bytes less than without, and the largest packet passes.
    mtu = 1424 if family == "ipv4" else 1404
    assert pair.a1.ip_json("link", "show", "eth0")[0]["mtu"] == mtu
    assert pair.a1.ping("10.1.0.2", size=mtu - 28, dont_fragment=True)[1] == 3
    assert iperf(pair.b1, pair.a1, "10.1.0.2", seconds=1) > 1
    # On the wire there is ESP and no VXLAN.
    ping = pair.a1.popen("ping", "-n", "-i", "0.05", "-c", "100", "10.1.0.2", stdout=subprocess.DEVNULL)
    seen = protocols_on_wire(pair, "proto 50 or udp port 4789" if family == "ipv4" else "ip6 proto 50 or udp port 4789")
    lab.end(ping)
    assert "ESP" in seen, seen
    assert set(seen) == {"ESP"}, seen


def test_rotation_loses_nothing(lab):
    pair = docker_pair(lab)
    assert pair.a1.reaches("10.1.0.2", timeout=30)
    # Flows over both hosts' rotations, which come at different times.
    ping = pair.a1.popen("ping", "-n", "-q", "-i", "0.01", "-c", "600", "10.1.0.2", stdout=subprocess.PIPE, text=True)
    for host in pair.hosts:
        write_keys(host, lab, 1)
        host.reload()
    output, _ = ping.communicate(timeout=60)
    assert "600 packets transmitted, 600 received" in output, output


def test_without_keys_of_the_peer_nothing_passes(lab):
    pair = docker_pair(lab)
    assert pair.a1.reaches("10.1.0.2", timeout=30)
    # Host b goes on with keys that a does not have.
    pair.b.config["node"]["docker_encryption"]["keys"] = write_keys(pair.b, lab, 0)
    with open(pair.b.config["node"]["docker_encryption"]["keys"], "w") as file:
        for number in range(3):
            file.write(f"{5000 + number} {'99' * 16}\n")
    pair.b.reload()
    wait_until(lambda: pair.a1.ping("10.1.0.2", count=1, wait=1)[1] == 0, timeout=30, what="silence")
    wait_until(lambda: pair.a.drops().get((None, "unknown_spi"), 0) or pair.b.drops().get((None, "unknown_spi"), 0),
               timeout=30, what="a drop by its reason")
