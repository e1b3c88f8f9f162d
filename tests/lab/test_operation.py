"""What an operator does at run time: reload, attach, detach, look."""

import json

import os

import pytest

from lab import wait_until
from topology import Pair
from traffic import PingStream


def test_reload_applies_only_the_differences(lab):
    pair = Pair(lab)
    assert pair.a1.reaches("10.1.0.2")
    stream = PingStream(pair.a1, "10.1.0.2")
    stream.flow()
    pair.a.overlay("green", 4100, ["10.9.0.0/24"])
    green = pair.a.container("ga", "green", ["10.9.0.1"])
    pair.a.reload()
    wait_until(lambda: len(green.ip_json("link")) == 2, what="the new container's link")
    pair.a.config["overlays"].pop()
    pair.a.config["endpoints"] = [e for e in pair.a.config["endpoints"] if e["overlay"] != "green"]
    pair.a.reload()
    wait_until(lambda: len(green.ip_json("link")) == 1, what="the link to go again")
    stream.flow()
    sent, received = stream.stop()
    assert sent == received


def test_bad_reload_keeps_the_old(lab):
    pair = Pair(lab)
    pair.a.config["overlays"][0]["vni"] = -1
    pair.a.reload()
    wait_until(lambda: "overlays[0].vni" in pair.a.log("control.log"), what="the refusal in the log")
    assert pair.a1.reaches("10.1.0.2")


def test_attach_and_detach_at_run_time(lab):
    pair = Pair(lab)
    extra = lab.namespace("extra")
    pair.b.remote_endpoint("extra", "blue", ["10.1.0.50"], pair.a.node)
    pair.b.reload()
    pair.a.waggle("attach", "--overlay", "blue", "--name", "extra", "--address", "10.1.0.50", "--netns", extra.path)
    assert extra.reaches("10.1.0.2")
    again = pair.a.waggle(
        "attach", "--overlay", "blue", "--name", "extra", "--address", "10.1.0.50", "--netns", extra.path, check=False
    )
    assert again.returncode != 0 and "extra" in again.stderr

    # What the user gave us outlives a restart.
    pair.a.kill("control")
    pair.a.start_control()
    pair.a.wait_healthy()
    assert extra.reaches("10.1.0.2")
    assert "extra" in {e["name"] for e in pair.a.items("endpoints")}

    pair.a.waggle("detach", "extra")
    wait_until(lambda: len(extra.ip_json("link")) == 1, what="the link to go")
    refused = pair.a.waggle("detach", "a1", check=False)
    assert refused.returncode != 0


@pytest.mark.parametrize("by", ["name", "path", "pid"])
def test_attach_sets_up_the_link_as_asked(lab, by):
    pair = Pair(lab, start=False)
    extra = lab.namespace("extra")
    mac = "02:00:00:00:00:50"
    pair.b.remote_endpoint("extra", "blue", ["10.1.0.50", "fd00:1::50"], pair.a.node, mac)
    for host in pair.hosts:
        host.start()
    # A process of the container, as a container runtime names it.
    process = extra.popen("sleep", "600")
    wait_until(lambda: os.path.samefile(f"/proc/{process.pid}/ns/net", extra.path), what="the process to be inside")
    where = {"name": extra.name, "path": extra.path, "pid": f"pid:{process.pid}"}[by]
    told = pair.a.query(
        "attach", "--overlay", "blue", "--name", "extra", "--address", "10.1.0.50", "--address", "fd00:1::50",
        "--mac", mac, "--netns", where, "--interface", "blue0", "--route", "0.0.0.0/0,10.1.0.2",
        "--route", "2001:db8:7::/48,fd00:1::2", "--wait", "20",
    )
    assert "extra" in told.values()
    [link] = extra.ip_json("link", "show", "blue0")
    assert (link["address"], link["mtu"]) == (mac, 1450)
    addresses = {a["local"] for a in extra.ip_json("addr", "show", "blue0")[0]["addr_info"]}
    assert {"10.1.0.50", "fd00:1::50"} <= addresses
    [default] = extra.ip_json("route", "show", "default")
    assert (default["gateway"], default["dev"]) == ("10.1.0.2", "blue0")
    assert [r["gateway"] for r in extra.ip_json("-6", "route", "show", "2001:db8:7::/48")] == ["fd00:1::2"]
    assert extra.reaches("10.1.0.2") and extra.reaches("fd00:1::2")
    assert pair.a.query("detach", "extra")
    wait_until(lambda: len(extra.ip_json("link")) == 1, what="the link to go")


def test_every_command_answers(lab):
    pair = Pair(lab)
    assert pair.a1.reaches("10.1.0.2")
    for command in ("status", "overlays", "endpoints", "peers", "fdb", "neighbours", "ports", "counters"):
        text = pair.a.waggle(command).stdout
        assert text.strip(), command
        assert max(len(line) for line in text.splitlines()) <= 200
        assert pair.a.query(command)
    assert {e["name"] for e in pair.a.items("endpoints")} == {"a1", "b1"}
    assert {e["ip"] for e in pair.a.items("neighbours")} == {"10.1.0.1", "10.1.0.2", "fd00:1::1", "fd00:1::2"}
    assert pair.a.waggle("diff").stdout == ""
    assert pair.a.waggle("nonsense", check=False).returncode == 2
    assert pair.a.waggle("--help").stdout


def test_counters_are_watched(lab):
    pair = Pair(lab)
    assert pair.a1.reaches("10.1.0.2")
    stream = PingStream(pair.a1, "10.1.0.2")
    stream.flow()
    watch = ("counters", "--watch", "--interval", "0.5", "--times", "3")
    text = pair.a.waggle(*watch).stdout
    stream.flow()
    stream.stop()
    assert "RATE" in text
    rates = [line.split() for line in text.splitlines() if "encapsulated_packets" in line]
    # A hundred echoes a second, as far as this machine keeps up.
    assert len(rates) == 3 and all(line[0] == "blue" for line in rates), text
    quiet = pair.a.waggle("counters", "--watch", "--interval", "0.2", "--times", "1").stdout
    assert "encapsulated_packets" not in quiet
    # One document a look for programs.
    looks = [json.loads(line) for line in pair.a.waggle("--json", *watch).stdout.splitlines()]
    assert len(looks) == 3


def test_files_are_checked_and_compared(lab):
    host = Pair(lab, start=False).a
    host.write_config()
    old = host.config_file
    assert host.waggle("config", "check", old).returncode == 0
    assert host.waggle("config", "difference", old, old).stdout == ""
    new = old.with_name("new.yaml")
    changed = json.loads(old.read_text())
    changed["overlays"][0]["mtu"] = 1400
    changed["node"]["udp_port"] = 4790
    new.write_text(json.dumps(changed))
    compared = host.waggle("config", "difference", old, new, check=False)
    assert compared.returncode == 1
    assert compared.stdout == "~ node: udp_port 4789 -> 4790 (takes a restart)\n~ overlay 'blue': mtu - -> 1400\n"
    changed["overlays"][0]["vni"] = -1
    new.write_text(json.dumps(changed))
    for command in (["config", "check", new], ["config", "difference", old, new]):
        bad = host.waggle(*command, check=False)
        assert bad.returncode == 1 and "overlays[0].vni: is '-1'" in bad.stdout + bad.stderr
