"""Starts of either process on either end of an overlay encrypted as Docker does it, under traffic."""

import pytest

from docker_esp import encrypt
from topology import Pair
from traffic import PingStream


@pytest.fixture
def pair(lab):
    made = Pair(lab, start=False)
    for host in made.hosts:
        encrypt(host)
        host.start()
    assert made.a1.reaches("10.1.0.2", timeout=30)
    return made


@pytest.mark.parametrize("end", ["a", "b"])
def test_control_restarts_without_loss(pair, end):
    host = getattr(pair, end)
    stream = PingStream(pair.a1, "10.1.0.2", interval=0.005)
    stream.flow()
    before = {sa["spi"] for sa in host.items("sa")}
    for _ in range(2):
        host.kill("control")
        stream.flow()
        host.start_control()
        host.wait_healthy()
        stream.flow()
    assert {sa["spi"] for sa in host.items("sa")} == before
    sent, received = stream.stop()
    assert received == sent, (pair.a.drops(), pair.b.drops())


@pytest.mark.parametrize("end", ["a", "b"])
def test_dataplane_killed_under_traffic_is_heard_again(pair, end):
    """The other end hears a second life under the same SPI and key: numbers from 1 again, which are no replays."""
    host = getattr(pair, end)
    other = pair.b if host is pair.a else pair.a
    stream = PingStream(pair.a1, "10.1.0.2", interval=0.005)
    stream.flow(100)
    before = {sa["spi"] for sa in host.items("sa")}
    for _ in range(2):
        host.kill("dataplane")
        host.start_dataplane()
        host.wait_healthy()
        stream.flow()
    stream.stop()
    assert {sa["spi"] for sa in host.items("sa")} == before
    # From then on nothing is lost.
    assert pair.a1.ping("10.1.0.2", count=50, interval=0.01, wait=10) == (50, 50)
    refused = {reason: packets for (_, reason), packets in other.drops().items() if reason.startswith("replay")}
    assert not any(refused.values()), refused
    assert not any(packets for (_, reason), packets in other.drops().items() if reason == "cleartext")


def test_both_ends_start_again(pair):
    for host in pair.hosts:
        for process in ("control", "dataplane"):
            host.kill(process)
    for host in pair.hosts:
        host.start()
    assert pair.a1.reaches("10.1.0.2", timeout=30)
    assert pair.a1.ping("10.1.0.2", count=50, interval=0.01, wait=10) == (50, 50)
    assert pair.b1.ping("10.1.0.1", count=50, interval=0.01, wait=10) == (50, 50)
