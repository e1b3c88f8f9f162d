"""Either process may die at any moment; forwarding and state survive."""

from lab import wait_until
from topology import Pair, add_kernel_host
from traffic import PingStream


def test_control_killed_under_traffic_loses_nothing(lab):
    pair = Pair(lab)
    assert pair.a1.reaches("10.1.0.2")
    stream = PingStream(pair.a1, "10.1.0.2", interval=0.005)
    stream.flow()
    pair.a.kill("control")
    stream.flow(100)
    pair.a.start_control()
    pair.a.wait_healthy()
    stream.flow()
    sent, received = stream.stop()
    assert received == sent
    assert pair.a.waggle("diff").stdout == ""


def test_dataplane_killed_comes_back_with_its_state(lab):
    pair = Pair(lab)
    assert pair.a1.reaches("10.1.0.2")
    before = pair.a.items("fdb")
    link = pair.a1.ip_json("link", "show", "eth0")[0]["ifindex"]
    pair.a.kill("dataplane")
    assert pair.a1.ping("10.1.0.2", count=2, wait=1)[1] == 0
    pair.a.start_dataplane()
    pair.a.wait_healthy()
    assert pair.a1.reaches("10.1.0.2")
    assert pair.a.items("fdb") == before
    # The container kept its link: the TAP outlives the process.
    assert pair.a1.ip_json("link", "show", "eth0")[0]["ifindex"] == link


def test_peer_host_restarts(lab):
    pair = Pair(lab)
    assert pair.a1.reaches("10.1.0.2")
    for process in ("control", "dataplane"):
        assert pair.b.stop(process) == 0
    assert pair.a1.ping("10.1.0.2", count=1, wait=1)[1] == 0
    pair.b.start()
    assert pair.a1.reaches("10.1.0.2")


def test_both_killed_then_restarted(lab):
    pair = Pair(lab)
    for process in ("control", "dataplane"):
        pair.a.kill(process)
    pair.a.start()
    assert pair.a1.reaches("10.1.0.2")


def test_kernel_peer_restarts(lab):
    pair = Pair(lab, start=False)
    kernel, k1 = add_kernel_host(lab, pair.wire, pair.hosts)
    for host in pair.hosts:
        host.start()
    assert k1.reaches("10.1.0.1")
    kernel.namespace.ip("link", "set", "vx1", "down")
    assert k1.ping("10.1.0.1", count=1, wait=1)[1] == 0
    kernel.namespace.ip("link", "set", "vx1", "up")
    assert k1.reaches("10.1.0.1")


def test_underlay_link_flaps(lab):
    pair = Pair(lab)
    assert pair.a1.reaches("10.1.0.2")
    pair.a.namespace.ip("link", "set", "eth0", "down")
    wait_until(lambda: not pair.a.items("peers")[0]["reachable"], what="the peer to be unreachable")
    pair.a1.ping("10.1.0.2", count=2, wait=1)
    assert pair.a.drops()[("blue", "vtep_unreachable")] >= 1
    pair.a.namespace.ip("link", "set", "eth0", "up")
    assert pair.a1.reaches("10.1.0.2", timeout=20)
