"""What fails in a swarm of stock engines and a Waggle host: its manager, an engine, either process of the host, all of the
host for a while. Forwarding between those that are not concerned never stops."""

import os
import signal

import pytest
from docker_swarm import local_address, membership, remote_endpoints
from lab import wait_until
from traffic import PingStream


class Arrangement:
    """a1 on the manager, a2 on the worker, w1 on the Waggle host; all know each other."""

    def __init__(self, lab, swarm):
        self.swarm = swarm
        self.net = swarm.network("net1")
        self.a1 = swarm.manager.run_container("a1", "net1")
        self.a2 = swarm.worker.run_container("a2", "net1")
        self.host = swarm.member(lab, "w", 1)
        self.w1 = self.host.container("w1", "net1", "auto")
        self.host.start()
        self.ours = local_address(self.host, "w1")
        swarm.wait_node(self.host)
        self.identity = membership(self.host)["id"]
        assert self.w1.reaches(self.a1) and self.w1.reaches(self.a2)
        assert swarm.manager.container("a1").reaches(self.ours) and swarm.worker.container("a2").reaches(self.ours)

    def knows(self, address):
        return address in remote_endpoints(self.host, "net1")

    def wait_ready(self, timeout=60):
        wait_until(lambda: membership(self.host)["state"] == "ready", timeout, "the session with a manager")
        self.swarm.wait_node(self.host, timeout=timeout)


@pytest.fixture
def there(lab, swarm):
    return Arrangement(lab, swarm)


def all_came(stream, lost=0):
    """Ends a stream; at most `lost` of its echoes may be missing."""
    stream.flow()
    due, came = stream.stop()
    assert due - came <= lost, f"{came} of {due} echoes came"


def test_the_manager_is_restarted(lab, there):
    swarm, host = there.swarm, there.host
    untouched = PingStream(there.w1, there.a2)
    back = PingStream(swarm.worker.container("a2"), there.ours)
    swarm.manager.end()
    wait_until(lambda: membership(host)["state"] == "disconnected", 40, "the host to miss its manager")
    status = host.waggle("status", check=False).stdout
    assert "manager" in status, status
    # What can be done without a manager is done; what can't waits, and says so.
    v1 = lab.namespace("v1")
    host.waggle("attach", "--overlay", "net1", "--name", "v1", "--netns", v1.name)
    swarm.manager.start()
    there.wait_ready()
    assert membership(host)["id"] == there.identity
    all_came(untouched)
    all_came(back)
    local_address(host, "v1", timeout=60)
    assert v1.reaches(there.a2)
    wait_until(lambda: not there.knows(there.a1), 30, "the container that ended with its engine to be forgotten")
    a3 = swarm.manager.run_container("a3", "net1")
    # A lone manager that ended in order knows nobody when it starts; the others look for it once a minute.
    assert there.w1.reaches(a3, timeout=120)
    assert local_address(host, "w1") == there.ours


def test_an_engine_is_killed_and_returns(there):
    swarm = there.swarm
    untouched = PingStream(there.w1, there.a1)
    swarm.worker.kill()
    # Suspicion takes 4 s in so small a swarm, up to 24 s by the formula.
    wait_until(lambda: not there.knows(there.a2), 40, "the dead engine's container to be forgotten")
    swarm.worker.start()
    swarm.worker.docker("rm", "-f", "a2")
    a3 = swarm.worker.run_container("a3", "net1")
    assert there.w1.reaches(a3, timeout=30)
    all_came(untouched)


def test_control_is_killed(there):
    swarm, host = there.swarm, there.host
    streams = [PingStream(there.w1, there.a1), PingStream(swarm.worker.container("a2"), there.ours)]
    host.kill("control")
    host.start_control()
    host.wait_healthy(timeout=60)
    there.wait_ready()
    # Engines drop what the former life told before they are told it again: usually within one echo's time.
    for stream in streams:
        all_came(stream, lost=100)
    assert membership(host)["id"] == there.identity and local_address(host, "w1") == there.ours
    assert swarm.manager.resolves("a1", "w1") == there.ours


def test_the_dataplane_is_killed(there):
    swarm, host = there.swarm, there.host
    untouched = PingStream(swarm.manager.container("a1"), there.a2)
    host.kill("dataplane")
    host.start_dataplane()
    host.wait_healthy(timeout=60)
    assert there.w1.reaches(there.a1) and swarm.worker.container("a2").reaches(there.ours)
    assert local_address(host, "w1") == there.ours
    all_came(untouched)


def test_the_host_is_frozen_and_returns(there):
    swarm, host = there.swarm, there.host
    untouched = PingStream(swarm.manager.container("a1"), there.a2)
    for process in (host.control, host.dataplane):
        os.kill(process.pid, signal.SIGSTOP)
    try:
        wait_until(lambda: swarm.manager.resolves("a1", "w1") is None, 40, "the engine to forget the frozen host")
        swarm.wait_node(host, "Down")
    finally:
        for process in (host.control, host.dataplane):
            os.kill(process.pid, signal.SIGCONT)
    there.wait_ready()
    wait_until(lambda: swarm.manager.resolves("a1", "w1") == there.ours, 60, "the engine to know the host again")
    assert there.w1.reaches(there.a1, timeout=30) and swarm.worker.container("a2").reaches(there.ours, timeout=30)
    assert membership(host)["id"] == there.identity and local_address(host, "w1") == there.ours
    host.wait_healthy(timeout=60)
    all_came(untouched)


if __name__ == "__main__":
    pytest.main([__file__])
