"""Hosts find back to their swarm without a seed, by what they remember of it."""

from lab import wait_until
from swarm import Swarm
from traffic import PingStream


def all_known(swarm, names):
    for viewer in names:
        for name in names:
            swarm.wait_known(viewer, name)


def memory(host):
    file = host.directory / "state" / "gossip-hosts"
    return set(file.read_text(encoding="ascii").split("\n")) - {""} if file.exists() else set()


def test_the_only_seed_restarts_and_loses_no_echo(lab):
    swarm = Swarm(lab, seeds=["192.0.2.1"])
    all_known(swarm, "abc")
    swarm.wait_healthy()
    a = swarm.hosts["a"]
    wait_until(lambda: memory(a) == {"192.0.2.2 7946", "192.0.2.3 7946"}, what="the others to be remembered")
    assert swarm.container("a").reaches("10.1.0.12", timeout=20)
    echoes = PingStream(swarm.container("a"), "10.1.0.12")
    for _ in range(3):
        a.kill("control")
        a.start_control()
        a.wait_healthy(timeout=60)
        all_known(swarm, "abc")
    echoes.flow()
    due, came = echoes.stop()
    assert came == due, f"{came} of {due} echoes came"


def test_a_host_whose_seeds_are_down_finds_the_others(lab):
    swarm = Swarm(lab, names="abcd")
    all_known(swarm, "abcd")
    d = swarm.hosts["d"]
    wait_until(lambda: "192.0.2.3 7946" in memory(d), what="c to be remembered")
    for seed in "ab":
        swarm.hosts[seed].kill("control")
        swarm.hosts[seed].kill("dataplane")
    d.kill("control")
    d.start_control()
    swarm.wait_known("d", "c", timeout=20)
    assert swarm.container("d").reaches("10.1.0.13", timeout=20)
    wait_until(
        lambda: "none of the gossip's seeds (192.0.2.1:7946, 192.0.2.2:7946) is up"
        in " ".join(d.waggle("status", check=False).stdout.split()),
        timeout=30,
        what="the status to say that the seeds are down",
    )
    swarm.hosts["a"].start()
    swarm.wait_known("d", "a")
    d.wait_healthy(timeout=60)
