"""Three managers, and the one that leads dies."""

import pytest
from docker_engine import missing
from docker_swarm import DockerSwarm, local_address, membership, remote_endpoints
from lab import Lab, wait_until
from traffic import PingStream


@pytest.fixture(scope="module")
def engines():
    if missing():
        pytest.skip(missing())
    with Lab("three") as lab:
        yield DockerSwarm(lab, managers=3, workers=0)


def test_the_leader_is_killed(lab, swarm):
    first, second, third = swarm.managers
    swarm.network("net1")
    a1, a2 = first.run_container("a1", "net1"), second.run_container("a2", "net1")
    host = swarm.member(lab, "w", 1)
    w1 = host.container("w1", "net1", "auto")
    host.start()
    swarm.wait_node(host)
    ours, before = local_address(host, "w1"), membership(host)
    assert {each["address"].split(":")[0] for each in before["managers"]} == {e.address for e in swarm.managers}
    assert w1.reaches(a1) and w1.reaches(a2) and second.container("a2").reaches(ours)
    streams = [PingStream(w1, a2), PingStream(second.container("a2"), ours)]
    first.kill()
    wait_until(lambda: a1 not in remote_endpoints(host, "net1"), 40, "the dead manager's container to be forgotten")
    # Whichever of the two leads now, and whichever this host talks to.
    swarm.wait_node(host)
    wait_until(lambda: membership(host)["state"] == "ready", 60, "a session with another manager")
    assert membership(host)["id"] == before["id"]
    v1 = host.container("v1", "net1", "auto")
    host.reload()
    local_address(host, "v1", timeout=60)
    assert v1.reaches(a2)
    a3 = third.run_container("a3", "net1")
    assert w1.reaches(a3, timeout=30)
    for stream in streams:
        stream.flow()
        due, came = stream.stop()
        assert came == due, f"{came} of {due} echoes came"
    # None takes no harm when the first is back.
    first.start()
    wait_until(lambda: membership(host)["state"] == "ready" and swarm.node(host.node).get("Status") == "Ready", 60,
               "the host to be Ready with three managers again")


if __name__ == "__main__":
    pytest.main([__file__])
