"""Many containers on one host and overlay."""

import subprocess
import time

from lab import Switch
from waggle_host import WaggleHost, introduce

COUNT = 2000


def address(number):
    return f"10.64.{number // 250}.{number % 250 + 1}"


def test_two_thousand_endpoints_on_one_host(lab):
    wire = Switch(lab)
    a, b = WaggleHost(lab, "a"), WaggleHost(lab, "b")
    for number, host in ((1, a), (2, b)):
        wire.connect(host.namespace, "eth0", [f"192.0.2.{number}/24"])
        host.config["node"]["vtep"] = {"ipv4": f"192.0.2.{number}"}
        host.overlay("blue", 4097, ["10.64.0.0/16"])
    # Many links share a namespace here: two thousand namespaces would measure the kernel's.
    homes = [lab.namespace(f"h{i}") for i in range(20)]
    for number in range(COUNT):
        a.config["endpoints"].append(
            {
                "name": f"e{number}",
                "overlay": "blue",
                "addresses": [address(number)],
                "attachment": {
                    "kind": "container",
                    "path": homes[number % len(homes)].path,
                    "interface": f"e{number}",
                },
            }
        )
    b1 = b.container("b1", "blue", ["10.64.255.1"])
    introduce(a, b)
    started = time.monotonic()
    a.start_dataplane()
    a.start_control()
    a.wait_healthy(timeout=240)
    print(f"{COUNT} endpoints attached in {time.monotonic() - started:.1f} s")
    b.start()
    status = a.query("status")
    assert len(a.items("fdb")) == COUNT + 1, status
    for home in homes:
        home.sysctl("net.ipv4.conf.all.arp_ignore", 1)
    for number in (0, 1, 999, 1500, COUNT - 1):
        assert b1.reaches(address(number)), number

    a.kill("control")
    a.start_control()
    a.wait_healthy(timeout=240)
    assert b1.reaches(address(77))
    started = time.monotonic()
    a.control.terminate()
    try:
        assert a.control.wait(240) == 0
    except subprocess.TimeoutExpired as failure:
        raise AssertionError("control did not stop") from failure
    print(f"{COUNT} endpoints detached in {time.monotonic() - started:.1f} s")
    assert all(len(home.ip_json("link")) == 1 for home in homes)
