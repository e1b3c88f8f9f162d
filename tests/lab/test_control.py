"""What waggle-control promises by itself: no loss over restarts, one bad endpoint does not harm others, links
that wait, MTUs that follow, what it tells systemd, and an end even with a dataplane that hangs."""

import os
import pathlib
import signal
import socket
import time

from lab import Switch, wait_until
from topology import Pair
from traffic import PingStream
from waggle_host import WaggleHost


def endpoint(host, name):
    found = [e for e in host.items("endpoints") if e["name"] == name]
    assert found, f"no endpoint {name}"
    return found[0]


def mtu_of(namespace, interface="eth0"):
    return namespace.ip_json("link", "show", interface)[0]["mtu"]


def test_control_restarted_again_and_again_loses_nothing(lab):
    pair = Pair(lab)
    assert pair.a1.reaches("10.1.0.2")
    stream = PingStream(pair.a1, "10.1.0.2", interval=0.003)
    for number in range(12):
        if number % 2:
            pair.a.kill("control")
        else:
            pair.a.control.send_signal(signal.SIGQUIT)
            pair.a.control.wait(15)
        stream.flow()
        pair.a.start_control()
        pair.a.wait_healthy()
    stream.flow()
    sent, received = stream.stop()
    assert received == sent, pair.a.drops()


def test_one_bad_endpoint_does_not_keep_back_the_others(lab):
    pair = Pair(lab, start=False)
    folder = lab.directory / "later"
    for name, attachment in (
        ("bad", {"kind": "ethdev", "device": "net_nosuchdriver0"}),
        ("vm", {"kind": "vhost-user", "socket": str(folder / "vm.sock")}),
    ):
        pair.a.config["endpoints"].append(
            {"name": name, "overlay": "blue", "addresses": [f"10.1.0.{len(name) + 40}"], "attachment": attachment}
        )
    pair.b.start()
    pair.a.start_dataplane()
    pair.a.start_control()
    assert pair.a1.reaches("10.1.0.2")
    wait_until(lambda: endpoint(pair.a, "bad")["state"] == "failed", what="the bad endpoint to be told")
    assert "net_nosuchdriver0" in endpoint(pair.a, "bad")["detail"]
    assert endpoint(pair.a, "vm")["state"] == "failed"
    assert endpoint(pair.a, "a1")["state"] == "attached"
    assert "bad" in pair.a.waggle("diff", check=False).stdout

    # Later changes go through, and what mends is taken up by itself.
    stream = PingStream(pair.a1, "10.1.0.2")
    stream.flow()
    a2 = pair.a.container("a2", "blue", ["10.1.0.12"])
    pair.a.reload()
    wait_until(lambda: a2.ping("10.1.0.1", count=1)[1] == 1, what="the new endpoint")
    folder.mkdir()
    wait_until(lambda: endpoint(pair.a, "vm")["state"] == "attached", timeout=60, what="the retry")
    pair.a.config["endpoints"] = [e for e in pair.a.config["endpoints"] if e["name"] != "bad"]
    pair.a.reload()
    pair.a.wait_healthy()
    stream.flow()
    sent, received = stream.stop()
    assert sent == received


def test_a_container_namespace_may_come_later(lab):
    pair = Pair(lab)
    late = pathlib.Path(f"/run/netns/{lab.prefix}-late")
    pair.a.config["endpoints"].append(
        {
            "name": "late",
            "overlay": "blue",
            "addresses": ["10.1.0.50"],
            "attachment": {"kind": "container", "path": str(late)},
        }
    )
    pair.a.reload()
    wait_until(lambda: "late" in {e["name"] for e in pair.a.items("endpoints")}, what="the reload")
    assert endpoint(pair.a, "late")["state"] == "pending"
    made = lab.namespace("late")
    assert made.path == str(late)
    wait_until(lambda: endpoint(pair.a, "late")["state"] == "attached", what="the late container's link")
    assert made.reaches("10.1.0.1")


def test_mtus_follow_the_underlay(lab):
    pair = Pair(lab)
    assert mtu_of(pair.a1) == 1450
    for underlay, inside in ((1400, 1350), (1500, 1450)):
        pair.a.namespace.ip("link", "set", "eth0", "mtu", str(underlay))
        wait_until(lambda expected=inside: mtu_of(pair.a1) == expected, timeout=30, what=f"MTU {inside}")
        pair.a.wait_healthy()
    assert pair.a1.reaches("10.1.0.2", size=1422, dont_fragment=True)


def test_run_time_endpoint_gives_way_to_the_file_and_returns(lab):
    pair = Pair(lab)
    extra = lab.namespace("extra")
    pair.a.waggle("attach", "--overlay", "blue", "--name", "extra", "--address", "10.1.0.50", "--netns", extra.path)
    wait_until(lambda: endpoint(pair.a, "extra")["state"] == "attached", what="the link")
    pair.a.remote_endpoint("other", "blue", ["10.1.0.50"], pair.b.node)
    pair.a.reload()
    wait_until(lambda: endpoint(pair.a, "extra")["state"] == "failed", what="the endpoint to be set aside")
    assert "10.1.0.50" in endpoint(pair.a, "extra")["detail"]
    wait_until(lambda: len(extra.ip_json("link")) == 1, what="the link to go")
    pair.a.config["endpoints"].pop()
    pair.a.reload()
    wait_until(lambda: endpoint(pair.a, "extra")["state"] == "attached", what="the endpoint to return")
    assert extra.reaches("10.1.0.1")


def test_service_manager_is_told(lab):
    host = WaggleHost(lab, "a")
    host.config["node"]["vtep"] = {"ipv4": "192.0.2.1"}
    Switch(lab).connect(host.namespace, "eth0", ["192.0.2.1/24"])
    path = lab.directory / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        manager.settimeout(30)

        def hear(expected):
            heard = []
            while expected not in heard:
                heard.append(manager.recv(256).decode())
            return heard

        os.environ["NOTIFY_SOCKET"] = str(path)
        try:
            host.start_control()
        finally:
            del os.environ["NOTIFY_SOCKET"]
        # There is no dataplane yet: control is ready to take one.
        assert hear("READY=1") == ["READY=1"]
        host.reload()
        assert hear("READY=1") == ["RELOADING=1", "READY=1"]
        assert host.stop("control") == 0
        assert hear("STOPPING=1") == ["STOPPING=1"]
    assert not pathlib.Path(f"/run/netns/waggle-{host.node}").exists()
    assert list(host.runtime.glob("*.sock")) == []


def test_control_ends_though_the_dataplane_hangs(lab):
    pair = Pair(lab)
    assert pair.a1.reaches("10.1.0.2")
    pair.a.dataplane.send_signal(signal.SIGSTOP)
    started = time.monotonic()
    pair.a.control.terminate()
    try:
        assert pair.a.control.wait(60) == 0
    finally:
        pair.a.dataplane.send_signal(signal.SIGCONT)
    assert time.monotonic() - started < 30
    assert "did not confirm" in pair.a.log("control.log")
    assert len(pair.a1.ip_json("link")) == 1


def test_changed_file_while_control_was_away(lab):
    pair = Pair(lab)
    assert pair.a1.reaches("10.1.0.2")
    pair.a.kill("control")
    green = pair.a.container("g1", "blue", ["10.1.0.60"])
    pair.a.overlay("red", 4200, ["10.7.0.0/24"])
    red = pair.a.container("r1", "red", ["10.7.0.1"])
    stream = PingStream(pair.a1, "10.1.0.2")
    stream.flow()
    pair.a.start_control()
    pair.a.wait_healthy()
    assert green.reaches("10.1.0.1")
    assert mtu_of(red) == 1450
    stream.flow()
    sent, received = stream.stop()
    assert sent == received
