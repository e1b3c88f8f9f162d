"""Starting, refusing to start, stopping, and what is left behind."""

import os
import pathlib
import signal
import socket

from lab import BUILD, Switch, run, wait_until
from topology import Pair
from waggle_host import WaggleHost, program_path


def links(namespace):
    return {link["ifname"] for link in namespace.ip_json("link")}


def test_clean_stop_leaves_nothing(lab):
    pair = Pair(lab)
    assert pair.a1.reaches("10.1.0.2")
    own = pathlib.Path(f"/run/netns/waggle-{pair.a.node}")
    assert own.exists()
    assert pair.a.stop("control") == 0
    assert links(pair.a1) == {"lo"}
    assert not own.exists()
    assert pair.a.stop("dataplane") == 0
    assert links(pair.a.namespace) == {"lo", "eth0"}
    assert list(pair.a.runtime.glob("*.sock")) == []


def test_endpoint_removed_while_control_was_dead_goes(lab):
    pair = Pair(lab)
    pair.a.container("a2", "blue", ["10.1.0.12"])
    pair.a.reload()
    pair.a.wait_healthy()
    a2 = pair.a.containers["a2"]
    wait_until(lambda: "eth0" in links(a2), what="the second container's link")
    pair.a.kill("control")
    pair.a.config["endpoints"] = [e for e in pair.a.config["endpoints"] if e["name"] != "a2"]
    pair.a.start_control()
    pair.a.wait_healthy()
    wait_until(lambda: links(a2) == {"lo"}, what="the stale link to go")
    assert pair.a1.reaches("10.1.0.2")


def test_upgrade_stop_keeps_everything(lab):
    pair = Pair(lab)
    pair.a.control.send_signal(signal.SIGQUIT)
    assert pair.a.control.wait(15) == 0
    assert pair.a1.ping("10.1.0.2")[1] == 3
    pair.a.start_control()
    pair.a.wait_healthy()
    assert pair.a1.ping("10.1.0.2")[1] == 3


def test_port_in_use_is_told(lab):
    wire = Switch(lab)
    host = WaggleHost(lab, "a")
    wire.connect(host.namespace, "eth0", ["192.0.2.1/24"])
    host.config["node"]["vtep"] = {"ipv4": "192.0.2.1"}
    host.overlay("blue", 4097, ["10.1.0.0/24"])
    host.write_config()
    host.namespace.ip("link", "add", "vx0", "type", "vxlan", "id", "7", "dstport", "4789", "dev", "eth0")
    host.namespace.ip("link", "set", "vx0", "up")
    done = host.namespace.run(BUILD / program_path("waggle-dataplane"), "--config", host.config_file, check=False)
    assert done.returncode == 1
    assert "4789" in done.stdout + done.stderr


def test_nothing_starts_on_a_bad_file(lab):
    host = WaggleHost(lab, "a")
    host.config["node"]["vtep"] = {"ipv4": "192.0.2.1"}
    host.overlay("blue", 1 << 24, ["10.1.0.0/24"])
    host.config["overlays"][0]["colour"] = "blue"
    host.write_config()
    for program in ("waggle-dataplane", "waggle-control"):
        done = host.namespace.run(BUILD / program_path(program), "--config", host.config_file, check=False)
        text = done.stdout + done.stderr
        assert done.returncode == 1
        assert "overlays[0].vni" in text and "overlays[0].colour" in text, text
    done = run([BUILD / program_path("waggle"), "config", "check", host.config_file], check=False)
    assert done.returncode == 1


def test_second_instances_are_refused(lab):
    pair = Pair(lab)
    for program in ("waggle-dataplane", "waggle-control"):
        done = pair.a.namespace.run(BUILD / program_path(program), "--config", pair.a.config_file, check=False, timeout=30)
        assert done.returncode == 1, program
        assert "another waggle" in done.stdout + done.stderr
    assert pair.a1.reaches("10.1.0.2")


def test_processes_that_are_not_running_are_told_in_one_sentence(lab):
    host = WaggleHost(lab, "a")
    host.config["node"]["vtep"] = {"ipv4": "192.0.2.1"}
    host.write_config()
    for command in ("status", "overlays", "endpoints", "peers", "fdb", "neighbours", "ports", "counters", "diff"):
        done = host.waggle(command, check=False)
        assert done.returncode == 3, command
        assert "not running" in done.stderr, done.stderr


def test_dataplane_tells_the_service_manager(lab):
    host = WaggleHost(lab, "a")
    host.config["node"]["vtep"] = {"ipv4": "192.0.2.1"}
    Switch(lab).connect(host.namespace, "eth0", ["192.0.2.1/24"])
    path = lab.directory / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        manager.settimeout(30)
        os.environ["NOTIFY_SOCKET"] = str(path)
        try:
            host.start_dataplane()
        finally:
            del os.environ["NOTIFY_SOCKET"]
        assert [manager.recv(256), manager.recv(256)] == [b"READY=1", b"WATCHDOG=1"]
        assert host.stop("dataplane") == 0
        told = []
        while b"STOPPING=1" not in told:
            told.append(manager.recv(256))
        assert set(told) <= {b"WATCHDOG=1", b"STOPPING=1"}
