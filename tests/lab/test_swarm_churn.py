"""Containers of stock engines and of a Waggle host come and go while others talk: WAGGLE_CHURN (200) in waves."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from docker_swarm import local_address
from lab import wait_until
from traffic import PingStream

CONTAINERS = int(os.environ.get("WAGGLE_CHURN", "200"))
# On each of the two engines at once.
WAVE = 5


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

    def wave(engine, first):
        """Some containers of an engine come, are seen by the Waggle host, one is started anew, all go."""
        names = [f"c-{first + i}" for i in range(WAVE)]
        addresses = [engine.run_container(name, "net1") for name in names]
        assert all(w1.reaches(each) for each in addresses)
        engine.docker("stop", "-t", "0", names[0])
        engine.docker("start", names[0])
        engine.remove_container(*names)

    with ThreadPoolExecutor(2) as both:
        for first in range(0, CONTAINERS, 2 * WAVE):
            under_way = [both.submit(wave, engine, first + at * WAVE) for at, engine in enumerate((manager, worker))]
            host.waggle("attach", "--overlay", "net1", "--name", f"v-{first}", "--netns", others.name, "--wait", "30")
            host.waggle("detach", f"v-{first}")
            for each in under_way:
                each.result()
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
