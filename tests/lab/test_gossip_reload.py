"""Keys and seeds of the gossip change while the hosts run."""

import secrets

from lab import wait_until
from swarm import Swarm, private_file
from traffic import PingStream
from waggle_host import WaggleHost


def reload(host, check=True):
    host.write_config()
    return host.waggle("reload", check=check)


def test_a_rotation_of_the_keys_loses_nothing(lab):
    swarm = Swarm(lab)
    for viewer in "abc":
        for name in "abc":
            swarm.wait_known(viewer, name)
    swarm.wait_healthy()
    assert swarm.container("a").reaches("10.1.0.12", timeout=20)
    echoes = PingStream(swarm.container("a"), "10.1.0.12")
    old, new = swarm.key, secrets.token_hex(16)
    for number, keys in enumerate(([old, new], [new, old], [new])):
        for name, host in swarm.hosts.items():
            swarm.set_keys(name, keys)
            reload(host)
        # What changes now is heard by all.
        other = f"10.1.0.{40 + number}"
        extra = swarm.hosts["c"].container(f"c{number + 2}", "blue", [other])
        reload(swarm.hosts["c"])
        assert extra.reaches("10.1.0.11", timeout=20)
        assert swarm.container("b").reaches(other, timeout=20)
    swarm.key = new
    late = swarm.add("d")
    late.start_dataplane()
    late.start_control()
    swarm.wait_known("a", "d")
    swarm.wait_healthy()
    echoes.flow()
    due, came = echoes.stop()
    assert came == due, f"{came} of {due} echoes came"
    for host in swarm.hosts.values():
        for bad in ("not among ours", "is dead", "not encrypted"):
            assert bad not in host.log("control.log"), host.log("control.log")


def test_a_lonely_host_is_helped_by_a_reload(lab):
    swarm = Swarm(lab, names="ab")
    swarm.wait_known("b", "a")
    lonely = WaggleHost(lab, "c")
    swarm.wire.connect(lonely.namespace, "eth0", ["192.0.2.3/24"])
    lonely.config["node"]["vtep"] = {"ipv4": "192.0.2.3"}
    keys = private_file(lonely.directory / "gossip.keys", secrets.token_hex(16))
    lonely.config["gossip"] = {"seeds": ["192.0.2.9"], "keys": str(keys)}
    lonely.overlay("blue", 4097, ["10.1.0.0/24"])
    lonely.container("c1", "blue", ["10.1.0.13"])
    lonely.start_dataplane()
    lonely.start_control()
    wait_until(
        lambda: "no seed of the gossip answers" in lonely.waggle("status", check=False).stdout,
        timeout=30,
        what="the status to say that no seed answers",
    )
    # Nothing of a reload with a bad key file holds.
    private_file(keys, "no key")
    lonely.config["gossip"]["seeds"] = ["192.0.2.1"]
    refused = reload(lonely, check=False)
    assert refused.returncode != 0
    assert "the gossip keys can't be used" in refused.stderr and str(keys) in refused.stderr, refused.stderr
    private_file(keys, swarm.key)
    lonely.config["gossip"]["port"] = 7947
    reload(lonely)
    log = lonely.log("control.log")
    assert "gossip.port changes from 7946 to 7947; this takes a restart of waggle-control" in log, log
    # The seeds came with the port and wait for the restart, too.
    assert "gossip.seeds changes from" in log, log
    lonely.config["gossip"]["port"] = 7946
    reload(lonely)
    lonely.wait_healthy(timeout=60)
    assert lonely.containers["c1"].reaches("10.1.0.11", timeout=20)


def test_gossip_itself_takes_a_restart(lab):
    host = WaggleHost(lab, "a")
    lab.link(host.namespace, "eth0", lab.namespace("other"), "eth0")
    host.namespace.ip("addr", "add", "192.0.2.1/24", "dev", "eth0")
    host.config["node"]["vtep"] = {"ipv4": "192.0.2.1"}
    host.overlay("blue", 4097, ["10.1.0.0/24"])
    host.start()
    keys = private_file(host.directory / "gossip.keys", secrets.token_hex(16))
    host.config["gossip"] = {"seeds": [], "keys": str(keys)}
    reload(host)
    assert "gossip.keys changes from - to" in host.log("control.log")
    host.container("a1", "blue", "auto")
    refused = reload(host, check=False)
    assert refused.returncode != 0
    assert "does not take part in the gossip yet; restart waggle-control" in refused.stderr, refused.stderr
