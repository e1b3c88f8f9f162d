"""A Waggle host with the swarm's gossip keys in its file, but no member of the swarm, takes part in the tables of stock
engines: theirs become its forwarding, its endpoint becomes theirs."""

import os
import time

import pytest
from docker_engine import missing
from docker_swarm import DockerSwarm
from lab import Lab, derived_mac, wait_until
from traffic import PingStream, transfer

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "engines can run")


class Arrangement:
    """Engines `manager` and `worker` with containers a1 and a2 on network net1, beside a Waggle host's keys."""

    def __init__(self, lab):
        self.swarm = DockerSwarm(lab)
        # Stock containers get addresses below .128, Waggle's have those above.
        self.net = self.swarm.network("net1", "--subnet", "10.10.0.0/24", "--ip-range", "10.10.0.0/25")
        self.keys = self.swarm.gossip_keys()

    def waggle_host(self, lab, name="w", number=1):
        host = self.swarm.waggle_host(lab, name, number)
        keys = host.directory / "gossip.keys"
        keys.write_text("\n".join(self.keys) + "\n", encoding="ascii")
        os.chmod(keys, 0o600)
        host.config["gossip"] = {"seeds": [e.address for e in self.swarm.engines], "keys": str(keys)}
        self.overlay(host, self.net)
        return host

    @staticmethod
    def overlay(host, network):
        host.overlay(network.name, network.vni, [network.subnet], network=network.id)


@pytest.fixture(scope="module")
def arrangement():
    with Lab("stock") as lab:
        yield Arrangement(lab)


@pytest.fixture(autouse=True)
def clear(arrangement):
    yield
    arrangement.swarm.clear()


def known(host, overlay="net1"):
    """{address: (name, MAC, host)} of the endpoints on other hosts."""
    return {
        e["addresses"][0].split("/")[0]: (e["name"], e["mac"]) for e in host.items("endpoints")
        if not e["local"] and e["overlay"] == overlay
    }


def test_stock_containers_and_ours_reach_each_other(lab, arrangement):
    manager, worker = arrangement.swarm.manager, arrangement.swarm.worker
    a1 = manager.run_container("a1", "net1")
    host = arrangement.waggle_host(lab)
    w1 = host.container("w1", "net1", ["10.10.0.200"])
    host.start()
    a2 = worker.run_container("a2", "net1")
    for name, address in (("a1", a1), ("a2", a2)):
        wait_until(lambda n=name, a=address: known(host).get(a) == (n, derived_mac(a)), 30, f"{name} in the table")
        assert w1.reaches(address)
    for engine, name in ((manager, "a1"), (worker, "a2")):
        assert engine.container(name).reaches("10.10.0.200")
        # By name, with the engine's own resolver.
        assert "10.10.0.200" in engine.docker("exec", name, "ping", "-c", "1", "w1").stdout
        # The largest packet of the overlay, and none larger.
        inside = engine.container(name)
        assert inside.ping("10.10.0.200", size=1422, dont_fragment=True) == (3, 3)
        assert inside.ping("10.10.0.200", size=1423, dont_fragment=True, count=1)[1] == 0
        assert transfer(inside, w1, engine.address_of(name, "net1"), 10, lab.directory)
        assert transfer(w1, inside, "10.10.0.200", 10, lab.directory)


def test_what_goes_is_forgotten_on_both_sides(lab, arrangement):
    manager, worker, net = arrangement.swarm.manager, arrangement.swarm.worker, arrangement.net
    manager.run_container("a1", "net1")
    a2 = worker.run_container("a2", "net1")
    host = arrangement.waggle_host(lab)
    w1 = host.container("w1", "net1", ["10.10.0.200"])
    host.start()
    mac, vtep = derived_mac("10.10.0.200"), host.config["node"]["vtep"]["ipv4"]
    for engine, name in ((manager, "a1"), (worker, "a2")):
        wait_until(lambda e=engine: e.forwards(net.id).get(mac) == vtep, 30, "the engine to forward to us")
        assert engine.resolves(name, "w1") == "10.10.0.200"
    assert w1.reaches(a2)
    worker.remove_container("a2")
    wait_until(lambda: a2 not in known(host), 10, "a2 to be forgotten")
    assert derived_mac(a2) not in [e["mac"] for e in host.items("fdb")]
    assert w1.ping(a2, count=1, wait=1)[1] == 0
    # Ours goes while the host stays.
    host.container("w2", "net1", ["10.10.0.201"])
    host.reload()
    wait_until(lambda: manager.resolves("a1", "w2") == "10.10.0.201", 20, "w2's name")
    host.config["endpoints"] = host.config["endpoints"][1:]
    host.reload()
    wait_until(lambda: mac not in manager.forwards(net.id), 10, "the engine to forget w1")
    assert manager.resolves("a1", "w1") is None
    assert manager.container("a1").reaches("10.10.0.201")
    # And all of it with the host.
    left, failed = (manager.log().count(f"NodeActive --> {state}") for state in ("NodeLeft", "NodeFailed"))
    assert host.stop("control") == 0
    wait_until(lambda: vtep not in manager.forwards(net.id).values(), 10, "the engine to forget the host")
    # Told, not found out seconds later.
    assert manager.log().count("NodeActive --> NodeLeft") == left + 1
    assert manager.log().count("NodeActive --> NodeFailed") == failed
    assert manager.resolves("a1", "w2") is None


def test_networks_are_apart(lab, arrangement):
    manager = arrangement.swarm.manager
    net2 = arrangement.swarm.network("net2", "--subnet", "10.20.0.0/24", "--ip-range", "10.20.0.0/25")
    try:
        a1 = manager.run_container("a1", "net1")
        b1 = manager.run_container("b1", "net2")
        host = arrangement.waggle_host(lab)
        arrangement.overlay(host, net2)
        w1 = host.container("w1", "net1", ["10.10.0.200"])
        v1 = host.container("v1", "net2", ["10.20.0.200"])
        host.start()
        wait_until(lambda: a1 in known(host) and b1 in known(host, "net2"), 30, "both networks")
        assert w1.reaches(a1) and v1.reaches(b1)
        # The addresses of the other network on the same wire: what is asked for on one is never seen on the other.
        inside = manager.container("b1")
        link = next(link["ifname"] for link in inside.ip_json("addr") for a in link["addr_info"] if a["local"] == b1)
        inside.ip("addr", "add", f"{a1}/24", "dev", link)
        v1.ip("addr", "add", "10.10.0.200/24", "dev", "eth0")
        assert inside.ping("10.10.0.200", count=2, wait=1)[1] == 0
        assert v1.ping(a1, count=2, wait=1)[1] == 0
        assert w1.ping(a1) == (3, 3)
        assert v1.ping(b1) == (3, 3)
    finally:
        arrangement.swarm.clear()
        arrangement.swarm.remove_network("net2")


def test_a_restart_of_control_and_a_dead_engine(lab, arrangement):
    manager, worker, net = arrangement.swarm.manager, arrangement.swarm.worker, arrangement.net
    a1 = manager.run_container("a1", "net1")
    a2 = worker.run_container("a2", "net1")
    host = arrangement.waggle_host(lab)
    w1 = host.container("w1", "net1", ["10.10.0.200"])
    host.start()
    wait_until(lambda: {a1, a2} <= known(host).keys(), 30, "both containers")
    assert manager.container("a1").reaches("10.10.0.200")
    ours, theirs = PingStream(w1, a1), PingStream(manager.container("a1"), "10.10.0.200")
    host.kill("control")
    host.start_control()
    host.wait_healthy()
    time.sleep(3)
    # Engines drop what the former life told before they are told it again: usually within one echo's time.
    for stream in (ours, theirs):
        due, came = stream.stop()
        assert due - came < 100 < due, f"{came} of {due} echoes came"
    stream = PingStream(w1, a1)
    worker.kill()
    wait_until(lambda: a2 not in known(host), 30, "the dead engine's container to be forgotten")
    worker.start()
    a3 = worker.run_container("a3", "net1")
    wait_until(lambda: a3 in known(host), 30, "the container of the engine that is back")
    assert w1.reaches(a3)
    due, came = stream.stop()
    assert came == due > 0, f"{came} of {due} echoes came"


if __name__ == "__main__":
    pytest.main([__file__])
