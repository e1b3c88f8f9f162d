"""Waggle hosts that know nothing of each other but seeds and keys."""

import secrets

import pytest

from lab import wait_until
from swarm import Swarm, private_file
from traffic import PingStream
from waggle_host import WaggleHost


def test_three_hosts_form_a_swarm(lab):
    swarm = Swarm(lab)
    for viewer in "abc":
        for name in "abc":
            swarm.wait_known(viewer, name)
    swarm.wait_healthy()
    for source in "abc":
        for number in (11, 12, 13):
            assert swarm.container(source).reaches(f"10.1.0.{number}", timeout=20)

    def networks():
        return [(each["overlay"], each["hosts"], each["in_sync"]) for each in swarm.hosts["a"].items("networks")]

    wait_until(lambda: networks() == [("blue", 3, True)], timeout=20, what="three hosts in the network")
    # A late one, and an endpoint that goes.
    late = swarm.add("d")
    late.start_dataplane()
    late.start_control()
    swarm.wait_known("a", "d")
    assert swarm.container("a").reaches("10.1.0.14", timeout=20)
    late.config["endpoints"] = []
    late.reload()
    swarm.wait_known("b", "d", known=False)
    wait_until(lambda: late.items("networks") == [], timeout=20, what="the network to be left")


def test_addresses_are_chosen_and_differ(lab):
    swarm = Swarm(lab, addresses="auto")

    def chosen():
        return [
            each["addresses"][0]
            for host in swarm.hosts.values()
            for each in host.items("endpoints")
            if each["local"] and each["state"] == "attached"
        ]

    wait_until(lambda: len(chosen()) == 3, timeout=60, what="three addresses")
    addresses = chosen()
    assert len(set(addresses)) == 3, addresses
    for viewer in "abc":
        for name in "abc":
            swarm.wait_known(viewer, name)
    target = addresses[2].split("/")[0]
    assert swarm.container("a").reaches(target, timeout=20)


def test_a_dead_host_is_forgotten_and_known_again_when_it_returns(lab):
    swarm = Swarm(lab)
    for name in "bc":
        swarm.wait_known("a", name)
    swarm.wait_healthy()
    assert swarm.container("a").reaches("10.1.0.12", timeout=20)
    # Power cut of the whole host.
    dead = swarm.hosts["c"]
    dead.namespace.ip("link", "set", "eth0", "down")
    swarm.wait_known("a", "c", known=False)
    dead.namespace.ip("link", "set", "eth0", "up")
    swarm.wait_known("a", "c", timeout=90)
    assert swarm.container("a").reaches("10.1.0.13", timeout=30)


def test_encrypted_overlay_needs_nothing_but_its_secret(lab):
    swarm = Swarm(lab, names="ab", encrypted=True)
    swarm.wait_known("a", "b")
    swarm.wait_known("b", "a")
    swarm.wait_healthy()
    assert swarm.container("a").reaches("10.1.0.12", timeout=30)


def test_without_seeds_it_keeps_trying_and_says_so(lab):
    swarm = Swarm(lab, names="ab")
    swarm.wait_known("b", "a")
    lonely = WaggleHost(lab, "c")
    swarm.wire.connect(lonely.namespace, "eth0", ["192.0.2.3/24"])
    lonely.config["node"]["vtep"] = {"ipv4": "192.0.2.3"}
    keys = private_file(lonely.directory / "gossip.keys", secrets.token_hex(16))
    lonely.config["gossip"] = {"seeds": ["192.0.2.1"], "keys": str(keys)}
    lonely.overlay("blue", 4097, ["10.1.0.0/24"])
    lonely.start_dataplane()
    lonely.start_control()
    wait_until(
        lambda: "no seed of the gossip answers" in lonely.waggle("status", check=False).stdout,
        timeout=30,
        what="the status to say that no seed answers",
    )
    # With the right key it gets in.
    lonely.kill("control")
    private_file(lonely.directory / "gossip.keys", swarm.key)
    lonely.start_control()
    lonely.wait_healthy(timeout=60)


def test_a_restart_of_control_on_either_side_loses_no_echo(lab):
    swarm = Swarm(lab)
    for viewer in "abc":
        for name in "abc":
            swarm.wait_known(viewer, name)
    swarm.wait_healthy()
    assert swarm.container("a").reaches("10.1.0.12", timeout=20)
    echoes = PingStream(swarm.container("a"), "10.1.0.12")
    for restarted in "ab":
        host = swarm.hosts[restarted]
        host.kill("control")
        host.start_control()
        host.wait_healthy(timeout=60)
        for viewer in "abc":
            for name in "abc":
                swarm.wait_known(viewer, name)
        swarm.wait_healthy()
    echoes.flow()
    due, came = echoes.stop()
    assert came == due, f"{came} of {due} echoes came"


if __name__ == "__main__":
    pytest.main([__file__])
