"""A Waggle host with the swarm's gossip keys in its file, but no member of the swarm, takes part in the tables of stock
engines: theirs become its forwarding, its endpoint becomes theirs."""

import pytest
from docker_swarm import private_file, remote_endpoints
from lab import wait_until
from traffic import transfer
from waggle_host import derived_mac


@pytest.fixture(scope="module")
def keys(engines):
    # Stock containers get addresses below .128, Waggle's have those above.
    engines.network("halves", "--subnet", "10.10.0.0/24", "--ip-range", "10.10.0.0/25")
    return engines.gossip_keys()


@pytest.fixture
def host(lab, swarm, keys):
    """A Waggle host with overlay halves, not started."""
    made = swarm.waggle_host(lab, "w", 1)
    path = private_file(made.directory / "gossip.keys", "\n".join(keys))
    made.config["gossip"] = {"seeds": [e.address for e in swarm.engines], "keys": str(path)}
    add_overlay(made, swarm.networks["halves"])
    return made


def add_overlay(host, network):
    host.overlay(network.name, network.vni, [network.subnet], network=network.id)


def test_stock_containers_and_ours_reach_each_other(lab, swarm, host):
    manager, worker = swarm.manager, swarm.worker
    a1 = manager.run_container("a1", "halves")
    w1 = host.container("w1", "halves", ["10.10.0.200"])
    host.start()
    a2 = worker.run_container("a2", "halves")
    for name, address in (("a1", a1), ("a2", a2)):
        expected = (name, derived_mac(address))
        wait_until(lambda a=address, e=expected: remote_endpoints(host, "halves").get(a) == e, 30, f"{name} in the table")
        assert w1.reaches(address)
    for engine, name in ((manager, "a1"), (worker, "a2")):
        assert engine.container(name).reaches("10.10.0.200")
        # By name, with the engine's own resolver.
        assert "10.10.0.200" in engine.docker("exec", name, "ping", "-c", "1", "w1").stdout
        # The largest packet of the overlay, and none larger.
        inside = engine.container(name)
        assert inside.ping("10.10.0.200", size=1422, dont_fragment=True) == (3, 3)
        assert inside.ping("10.10.0.200", size=1423, dont_fragment=True, count=1)[1] == 0
        assert transfer(inside, w1, engine.address_of(name, "halves"), 10, lab.directory)
        assert transfer(w1, inside, "10.10.0.200", 10, lab.directory)


def test_what_goes_is_forgotten_on_both_sides(lab, swarm, host):
    manager, worker, net = swarm.manager, swarm.worker, swarm.networks["halves"]
    manager.run_container("a1", "halves")
    a2 = worker.run_container("a2", "halves")
    w1 = host.container("w1", "halves", ["10.10.0.200"])
    host.start()
    mac, vtep = derived_mac("10.10.0.200"), host.config["node"]["vtep"]["ipv4"]
    for engine, name in ((manager, "a1"), (worker, "a2")):
        wait_until(lambda e=engine: e.forwards(net.id).get(mac) == vtep, 30, "the engine to forward to us")
        assert engine.resolves(name, "w1") == "10.10.0.200"
    assert w1.reaches(a2)
    worker.remove_container("a2")
    wait_until(lambda: a2 not in remote_endpoints(host, "halves"), 10, "a2 to be forgotten")
    assert derived_mac(a2) not in [e["mac"] for e in host.items("fdb")]
    assert w1.ping(a2, count=1, wait=1)[1] == 0
    # Ours goes while the host stays.
    host.container("w2", "halves", ["10.10.0.201"])
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


if __name__ == "__main__":
    pytest.main([__file__])
