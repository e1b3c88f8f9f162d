"""Containers of stock engines and of a Waggle host come and go while others talk. WAGGLE_CHURN rounds (20)."""

import os

import pytest
from docker_swarm import local_address
from lab import wait_until
from traffic import PingStream

ROUNDS = int(os.environ.get("WAGGLE_CHURN", "20"))


def managers_view(engine, network):
    """{address: name} of all endpoints of a network, as `docker network inspect --verbose` tells."""
    described = engine.inspect("network", "inspect", "--verbose", network)
    tasks = [task for service in described["Services"].values() for task in service["Tasks"]]
    return {task["EndpointIP"]: task["Name"] for task in tasks}


def our_view(host, network):
    """The same from `waggle endpoints`, and the addresses without a name: engines' load balancers."""
    named, nameless = {}, set()
    for each in host.items("endpoints"):
        if each["overlay"] == network:
            address = each["addresses"][0].split("/")[0]
            if each["name"].isalnum() and len(each["name"]) == 12:
                nameless.add(address)
            else:
                named[address] = each["name"]
    return named, nameless


def test_tables_are_equal_after_much_coming_and_going(lab, swarm):
    manager, worker = swarm.manager, swarm.worker
    net = swarm.network("net1")
    manager.run_container("a-1", "net1")
    a1 = manager.address_of("a-1", "net1")
    a2 = worker.run_container("a-2", "net1")
    host = swarm.member(lab, "w", 1)
    w1 = host.container("w-1", "net1", "auto")
    host.start()
    ours = local_address(host, "w-1")
    assert w1.reaches(a1) and w1.reaches(a2) and worker.container("a-2").reaches(ours)
    streams = [PingStream(w1, a1, 0.05), PingStream(w1, a2, 0.05), PingStream(manager.container("a-1"), ours, 0.05)]
    others = lab.namespace("v")
    for number in range(ROUNDS):
        engine = (manager, worker)[number % 2]
        name = f"c-{number}"
        address = engine.run_container(name, "net1")
        if number % 5 == 0:
            assert w1.reaches(address)
            host.waggle("attach", "--overlay", "net1", "--name", f"v-{number}", "--netns", others.name, "--wait", "30")
            host.waggle("detach", f"v-{number}")
        if number % 3 == 0:
            engine.docker("stop", "-t", "0", name)
            engine.docker("start", name)
        engine.remove_container(name)
    for stream in streams:
        stream.flow()
    losses = [stream.stop() for stream in streams]
    assert all(came == due for due, came in losses), losses

    def equal():
        named, nameless = our_view(host, "net1")
        seen = [managers_view(engine, "net1") for engine in (manager, worker)]
        return named == {a1: "a-1", a2: "a-2", ours: "w-1"} == seen[0] == seen[1] and len(nameless) == 2

    def views():
        return our_view(host, "net1"), managers_view(manager, "net1"), managers_view(worker, "net1")

    try:
        wait_until(equal, 30, "all views to be equal")
    except Exception as failure:
        raise AssertionError(f"{failure}: {views()}") from failure
    # Nothing stale where it counts: forwarding on either side has exactly what the tables have.
    known = {each["mac"] for each in host.items("endpoints")}
    assert {each["mac"] for each in host.items("fdb") if each["overlay"] == "net1"} == known
    assert len(manager.forwards(net.id)) == len(known) - 2
    assert host.waggle("diff").stdout == ""


if __name__ == "__main__":
    pytest.main([__file__])
