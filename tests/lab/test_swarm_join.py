"""A Waggle host becomes a worker of a stock swarm, and its containers and stock ones are one network."""

import json

import pytest
from docker_swarm import local_address, membership, private_file, remote_endpoints
from lab import wait_until
from traffic import iperf, transfer
from waggle_host import derived_mac


def join(swarm, host, *managers, token=None):
    """The end of `waggle join` with a token from a file."""
    path = private_file(host.directory / "swarm.token", token or swarm.token)
    return host.waggle("join", "--token-file", path, *(managers or [f"{swarm.manager.address}:2377"]), check=False)


def attach(lab, host, name, network, *options):
    """A namespace of the lab as a container of the host; and its address."""
    namespace = lab.namespace(name)
    host.waggle("attach", "--overlay", network, "--name", name, "--netns", namespace.name, "--wait", "30", *options)
    return namespace, local_address(host, name)


def test_three_hosts_are_one_network(lab, swarm):
    manager, worker = swarm.manager, swarm.worker
    swarm.network("net1")
    host = swarm.waggle_host(lab, "w", 1)
    host.start()
    joined = join(swarm, host)
    assert joined.returncode == 0, joined.stderr
    swarm.wait_node(host)
    assert membership(host)["state"] == "ready"
    a1 = manager.run_container("a1", "net1")
    a2 = worker.run_container("a2", "net1")
    w1, ours = attach(lab, host, "w1", "net1", "--alias", "bee")
    for name, address in (("a1", a1), ("a2", a2)):
        wait_until(lambda a=address: remote_endpoints(host, "net1").get(a), 30, f"{name} in the table")
        assert remote_endpoints(host, "net1")[address] == (name, derived_mac(address))
    for engine, name, theirs in ((manager, "a1", a1), (worker, "a2", a2)):
        inside = engine.container(name)
        assert w1.reaches(theirs)
        for called in ("w1", "bee", "w1.net1"):
            assert f"({ours})" in engine.docker("exec", name, "ping", "-c", "1", called).stdout, called
        # The largest packet of the network, and none larger.
        for source, target in ((inside, ours), (w1, theirs)):
            assert source.ping(target, size=1422, dont_fragment=True) == (3, 3)
            assert source.ping(target, size=1423, dont_fragment=True, count=1)[1] == 0
        assert transfer(inside, w1, theirs, 50, lab.directory)
        assert transfer(w1, inside, ours, 50, lab.directory)
        assert iperf(inside, w1, theirs, seconds=1) > 1
        assert iperf(inside, w1, theirs, seconds=1, reverse=True) > 1
    assert manager.container("a1").reaches(a2)
    assert host.waggle("diff").stdout == ""
    assert host.waggle("status").returncode == 0
    # It goes, and with it what it had.
    host.waggle("detach", "w1")
    wait_until(lambda: manager.resolves("a1", "w1") is None, 10, "w1's name to be gone")
    assert derived_mac(ours) not in manager.forwards(swarm.networks["net1"].id)
    remembered = host.directory / "state" / "gossip-hosts"
    wait_until(remembered.exists, 20, "the hosts of the swarm to be remembered")
    host.waggle("leave")
    assert membership(host)["state"] == "outside"
    assert not remembered.exists()
    swarm.wait_node(host, "Down")


def test_answers_reach_load_balancers(lab, swarm):
    """Stock hosts send what came to a service's virtual address with the address that the managers gave their load
    balancer. Whether the kernel here can balance is not asked: the same packets are sent from the same place."""
    network = swarm.network("net1")
    host = swarm.member(lab, "w", 1)
    w1 = host.container("w1", "net1", "auto")
    for engine, name in ((swarm.manager, "a1"), (swarm.worker, "a2")):
        engine.run_container(name, "net1")
    host.start()
    ours = local_address(host, "w1")
    own = [each["load_balancer"] for each in host.items("networks") if each["name"] == "net1"]
    seen = set()
    for engine in (swarm.manager, swarm.worker):
        balancer = engine.load_balancer(network.id)
        address = next(a["local"] for each in balancer.ip_json("addr") for a in each["addr_info"]
                       if a["local"].startswith("10.") and a["prefixlen"] == 24)
        assert balancer.reaches(ours), address
        assert w1.reaches(address), address
        seen.add(address)
    # Each has one of its own, this host too; nobody else is given it.
    assert len(seen) == 2 and len(own) == 1 and own[0].split("/")[0] not in seen | {ours}


def test_every_subnet_of_a_network_is_an_overlay(lab, swarm):
    network = swarm.network("two", "--subnet", "10.20.1.0/24", "--subnet", "10.20.2.0/24")
    assert len(network.vnis) == 2
    host = swarm.member(lab, "w", 1)
    containers = [host.container(f"w{number}", "two", [f"10.20.{number}.77"]) for number in (1, 2)]
    theirs = [swarm.worker.run_container(f"a{number}", "two", "--ip", f"10.20.{number}.88") for number in (1, 2)]
    host.start()
    assert [local_address(host, f"w{number}") for number in (1, 2)] == ["10.20.1.77", "10.20.2.77"]
    overlays = {each["vni"]: each["subnets"] for each in host.items("overlays")}
    assert overlays == {vni: [subnet] for vni, subnet in zip(network.vnis, network.subnets)}
    for number, inside, address in zip((1, 2), containers, theirs):
        assert inside.reaches(address, timeout=30)
        assert swarm.worker.container(f"a{number}").reaches(f"10.20.{number}.77", timeout=30)


def test_networks_are_apart(lab, swarm):
    """Stock managers give no two networks one subnet, so that the addresses of one are put into the other by hand."""
    manager = swarm.manager
    net1, net2 = swarm.network("net1"), swarm.network("net2")
    a1, b1 = manager.run_container("a1", "net1"), manager.run_container("b1", "net2")
    host = swarm.member(lab, "w", 1)
    w1, v1 = host.container("w1", "net1", "auto"), host.container("v1", "net2", "auto")
    host.start()
    ours, others = local_address(host, "w1"), local_address(host, "v1")
    assert w1.reaches(a1) and v1.reaches(b1)
    assert manager.container("a1").reaches(ours) and manager.container("b1").reaches(others)
    assert {each["vni"] for each in host.items("overlays")} >= {net1.vni, net2.vni}
    inside = manager.container("b1")
    link = next(each["ifname"] for each in inside.ip_json("addr") for a in each["addr_info"] if a["local"] == b1)
    inside.ip("addr", "add", f"{a1}/24", "dev", link)
    v1.ip("addr", "add", f"{ours}/24", "dev", "eth0")
    assert inside.ping(ours, count=2, wait=1)[1] == 0
    assert v1.ping(a1, count=2, wait=1)[1] == 0
    # The true ones have not noticed.
    assert w1.ping(a1) == (3, 3) and v1.ping(b1) == (3, 3)


def test_who_may_not_join_is_told_so(lab, swarm):
    host = swarm.waggle_host(lab, "w", 1)
    host.start()
    version, unique, digest, secret = swarm.token.split("-")
    wrong = {
        "-".join((version, unique, digest, secret[:-1] + ("0" if secret[-1] != "0" else "1"))): "token",
        "-".join((version, unique, digest[:-1] + ("0" if digest[-1] != "0" else "1"), secret)): "another root certificate",
        "SWMTKN-1-nonsense": "token",
    }
    for token, word in wrong.items():
        refused = join(swarm, host, token=token)
        assert refused.returncode != 0
        assert word in refused.stderr and refused.stderr.count("\n") == 1, refused.stderr
        assert secret not in refused.stderr
    for nobody in ("192.0.2.77:2377", "192.0.2.2:2377", "192.0.2.1:9"):
        refused = join(swarm, host, nobody)
        assert refused.returncode != 0
        assert nobody.split(":")[0] in refused.stderr and refused.stderr.count("\n") == 1, refused.stderr
    # Nothing is left of it on either side.
    assert membership(host)["state"] == "outside"
    assert swarm.node(host.node) == {}
    assert not [each for each in (host.directory / "state").rglob("*") if each.suffix in (".key", ".crt", ".pem")]
    assert join(swarm, host).returncode == 0
    swarm.wait_node(host)
    # A second identity is not taken while there is one.
    again = join(swarm, host)
    assert again.returncode != 0 and "leave" in again.stderr
    host.waggle("leave")


def test_an_identity_outlives_its_token_but_not_its_removal(lab, swarm):
    swarm.network("net1")
    a1 = swarm.manager.run_container("a1", "net1")
    host = swarm.member(lab, "w", 1)
    w1 = host.container("w1", "net1", "auto")
    host.start()
    swarm.wait_node(host)
    identity, address = membership(host)["id"], local_address(host, "w1")
    assert w1.reaches(a1)
    # Started again without any token; the tokens of the swarm are others by now, too.
    assert host.stop("control") == 0
    swarm.wait_node(host, "Down")
    swarm.manager.docker("swarm", "join-token", "--rotate", "-q", "worker")
    swarm.token = swarm.join_token("worker")
    host.config["swarm"] = {}
    host.start_control()
    swarm.wait_node(host)
    assert membership(host)["id"] == identity == swarm.node(host.node)["ID"]
    assert local_address(host, "w1") and w1.reaches(a1)
    # Removed by force, as one that works. It may be back while the leave from its gossip is still told.
    for _ in range(3):
        gone = membership(host)["id"]
        swarm.manager.docker("node", "rm", "--force", gone)
        wait_until(lambda: membership(host)["state"] == "expelled", 60, "the host to hear of its removal")
        status = host.waggle("status", check=False)
        assert status.returncode == 1 and "join again with a token" in status.stdout, status.stdout
        assert join(swarm, host).returncode == 0
        swarm.wait_node(host)
        assert membership(host)["id"] != gone
        local_address(host, "w1")
        assert w1.reaches(a1)


def test_services_are_rejected_with_the_reason(lab, swarm):
    host = swarm.member(lab, "w", 1)
    host.start()
    swarm.wait_node(host)
    swarm.manager.docker("service", "create", "-d", "--name", "s1", "--constraint", f"node.hostname=={host.node}",
                         "--restart-condition", "none", "bb:1", "sleep", "1000")
    try:
        def reason():
            shown = swarm.manager.docker("service", "ps", "--no-trunc", "--format", "{{json .}}", "s1").stdout
            return [t["Error"] for t in map(json.loads, shown.splitlines()) if "Rejected" in t["CurrentState"]]

        told = wait_until(reason, 30, "the rejection")
        assert "Waggle" in told[0], told
        assert membership(host)["tasks_rejected"] > 0
    finally:
        swarm.manager.docker("service", "rm", "s1")


if __name__ == "__main__":
    pytest.main([__file__])
