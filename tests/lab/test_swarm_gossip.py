"""Our member list among the gossip of stock Docker engines: they take it for one of theirs, it lives through their
probes, and its leave is seen."""

import secrets
import subprocess
import time

import pytest
from lab import BUILD, wait_until


class GossipPeer:
    """The lab's program in a namespace."""

    def __init__(self, namespace, address, seed, keys, log):
        self.name = secrets.token_hex(6)
        self.log = log
        with open(log, "w", encoding="utf-8") as output:
            self.process = namespace.popen(
                *[BUILD / "tests/lab/gossip_peer", self.name, address, 7946, seed, *keys],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=output, text=True,
            )

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = []
        for got in self.process.stdout:
            if not got.strip():
                break
            answer.append(got.split())
        return answer

    def present(self):
        """{address: name} of the living; suspects count, as a slow machine makes some."""
        return {m[1].rsplit(":", 1)[0]: m[0] for m in self.ask("members") if m[2] in ("alive", "suspect")}

    def counter(self, name):
        return int(dict(self.ask("counters"))[name])

    def end(self):
        self.process.stdin.close()
        return self.process.wait(20)


@pytest.fixture(scope="module")
def keys(engines):
    return engines.gossip_keys()


@pytest.fixture
def members(lab, engines, keys):
    """Two engines in one swarm, a third host without one, and the swarm's gossip keys."""
    host = lab.namespace("peer")
    engines.wire.connect(host, "eth0", ["192.0.2.3/24"])
    return engines.manager, engines.worker, host, keys


def test_a_swarm_takes_us_for_a_member(lab, members):
    manager, worker, host, keys = members
    assert len(keys) == 3
    peer = GossipPeer(host, "192.0.2.3", "192.0.2.1", keys, lab.directory / "peer.log")
    everybody = {"192.0.2.1", "192.0.2.2", "192.0.2.3"}
    wait_until(lambda: set(peer.present()) == everybody, 30, "the peer to know both engines")
    for engine in (manager, worker):
        wait_until(lambda e=engine: e.log_has(peer.name, "joined gossip cluster"), 60, "the engine to see the peer")
    # Their probes and gossip, ours of them, and a push/pull from either side.
    deadline = time.monotonic() + 45
    while time.monotonic() < deadline:
        time.sleep(5)
        assert set(peer.present()) == everybody
    for engine in (manager, worker):
        assert not engine.log_has(peer.name, "left gossip cluster")
    assert peer.counter("probes") > 20
    assert peer.counter("probes_failed") < 10
    for name in ("malformed", "undecodable", "deaths"):
        assert peer.counter(name) == 0, name
    assert peer.counter("push_pulls") >= 1
    peer.ask("leave")
    wait_until(lambda: peer.ask("left") == [["yes"]], 20, "the leave to spread")
    for engine in (manager, worker):
        wait_until(lambda e=engine: e.log_has(peer.name, "left gossip cluster"), 30, "the engine to see the leave")
    assert peer.end() == 0


def test_a_death_among_engines_is_seen(lab, members):
    manager, worker, host, keys = members
    peer = GossipPeer(host, "192.0.2.3", "192.0.2.1", keys, lab.directory / "peer.log")
    wait_until(lambda: len(peer.present()) == 3, 30, "the peer to know both engines")
    # A power cut: the wire of the second engine.
    worker.namespace.ip("link", "set", "eth0", "down")
    wait_until(lambda: "192.0.2.2" not in peer.present(), 60, "the death to be seen")
    worker.namespace.ip("link", "set", "eth0", "up")
    wait_until(lambda: len(peer.present()) == 3, 90, "the engine to return")
    # The wire of our own.
    host.ip("link", "set", "eth0", "down")
    wait_until(lambda: manager.log_has(peer.name, "left gossip cluster"), 60, "the engine to see our death")
    host.ip("link", "set", "eth0", "up")
    wait_until(lambda: len(peer.present()) == 3, 90, "us to return")
    assert peer.end() == 0
