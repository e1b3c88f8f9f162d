"""The swarm's keys change while hosts talk. Managers change them every twelve hours; the one here is a stock one of which
nothing is changed but that number."""

import shutil

import pytest
from docker_engine import missing
from docker_esp import spi_of
from docker_swarm import DockerSwarm, local_address, membership, remote_endpoints
from lab import Lab, wait_until
from traffic import PingStream

PERIOD = 15
NANOSECONDS = 10**9


def impatient(path):
    """A copy of dockerd that rotates keys every PERIOD seconds; None if twelve hours stand in it other than once."""
    with open(shutil.which("dockerd"), "rb") as file:
        program = file.read()
    usual = (12 * 3600 * NANOSECONDS).to_bytes(8, "little")
    if program.count(usual) != 1:
        return None
    path.write_bytes(program.replace(usual, (PERIOD * NANOSECONDS).to_bytes(8, "little")))
    path.chmod(0o755)
    return path


@pytest.fixture(scope="module")
def hasty():
    if missing():
        pytest.skip(missing())
    with Lab("hasty") as lab:
        program = impatient(lab.directory / "dockerd")
        if program is None:
            pytest.skip("this release of dockerd does not have the period of rotation where 20.10 has it")
        yield DockerSwarm(lab, workers=0, program=program)


def keys_of(host):
    """{purpose: {Lamport time}}."""
    keys = {}
    for each in membership(host)["keys"]:
        keys.setdefault(each["purpose"], set()).add(each["lamport_time"])
    return keys


def test_three_rotations_lose_nothing(lab, hasty):
    hasty.network("plain")
    hasty.network("sealed", "--opt", "encrypted")
    a1 = hasty.manager.run_container("a1", "plain")
    v, w = (hasty.member(lab, name, number) for number, name in enumerate("vw", 1))
    w1, w2 = w.container("w1", "plain", "auto"), w.container("w2", "sealed", "auto")
    v2 = v.container("v2", "sealed", "auto")
    for host in (v, w):
        host.start()
    ours, other = local_address(w, "w1"), local_address(v, "v2")
    inside = hasty.manager.container("a1")
    assert w1.reaches(a1) and w2.reaches(other) and inside.reaches(ours)
    before = keys_of(w)
    assert all(len(times) == 3 for times in before.values()) and len(before) == 2
    streams = [PingStream(w1, a1), PingStream(inside, ours), PingStream(w2, other), PingStream(v2, local_address(w, "w2"))]

    def all_new():
        now = keys_of(w)
        return all(not now[purpose] & before[purpose] for purpose in before) and keys_of(v) == now

    wait_until(all_new, 6 * PERIOD, "all keys of the beginning to be gone")
    # The members have not lost each other, and seal with what the managers say now.
    assert a1 in remote_endpoints(w, "plain") and other in remote_endpoints(w, "sealed")
    assert hasty.manager.resolves("a1", "w1") == ours
    for stream in streams:
        stream.flow()
        due, came = stream.stop()
        assert came == due, f"{came} of {due} echoes came"
    assert not hasty.manager.log_has("NodeActive --> NodeFailed")
    mine, theirs = (host.config["node"]["vtep"]["ipv4"] for host in (w, v))

    def agreed():
        sent = {a["spi"] for a in w.items("sa") if a["vtep"] == theirs and a["direction"] == "out" and a["state"] == "active"}
        times = sorted(next(times for purpose, times in keys_of(w).items() if "ipsec" in purpose))
        return sent == {f"{spi_of(times[1], mine, theirs):#010x}"}

    wait_until(agreed, PERIOD, "the middle key to be the one that seals")


if __name__ == "__main__":
    pytest.main([__file__])
