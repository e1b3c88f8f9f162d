"""The waggle profile on every way that the file can choose: both underlay families, large frames, ESP in UDP, several
workers with associations of their own, and the other algorithm."""

import pytest

from lab import wait_until
from test_encryption_keys import associations, introduce_by_announcement, waggle_pair
from traffic import Capture, transfer

CASES = {
    "ipv4": {"mtu": 1416},
    "ipv6": {"pair": {"family": "ipv6"}, "mtu": 1396},
    # 9000 - 20 - 16 - 16 is a multiple of 4; - 2 - 16 - 14.
    "jumbo": {"pair": {"mtu": 9000}, "mtu": 8916},
    "esp_in_udp": {"udp": True, "mtu": 1408},
    "esp_in_udp_ipv6": {"pair": {"family": "ipv6"}, "udp": True, "mtu": 1388},
    "two_workers": {"pair": {"workers": 2}, "mtu": 1416},
    "chacha": {"algorithm": "chacha20poly1305", "mtu": 1416},
}


@pytest.mark.parametrize("case", CASES)
def test_containers_talk(lab, case):
    options = CASES[case]
    pair = waggle_pair(lab, start=False, **options.get("pair", {}))
    for host in pair.hosts:
        if "algorithm" in options:
            host.config["overlays"][0]["encryption"]["algorithm"] = options["algorithm"]
        if options.get("udp"):
            host.config["peers"][0]["esp_in_udp"] = {"port": 4500, "keepalive": 0}
        host.start_dataplane()
        host.start_control()
    introduce_by_announcement(*pair.hosts)
    for host in pair.hosts:
        host.wait_healthy()
    mtu = options["mtu"]
    assert pair.a1.ip_json("link", "show", "eth0")[0]["mtu"] == mtu

    assert pair.a1.reaches("10.1.0.2", timeout=30)
    capture = Capture(pair.b.namespace, "eth0", "esp or udp or ip6 proto 50")
    assert pair.a1.ping("10.1.0.2", count=20, interval=0.02, wait=10) == (20, 20)
    assert pair.b1.ping("fd00:1::1", count=20, interval=0.02, wait=10) == (20, 20)
    assert pair.a1.ping("10.1.0.2", size=mtu - 28, dont_fragment=True, wait=10) == (3, 3)
    assert pair.b1.ping("fd00:1::1", size=mtu - 48, dont_fragment=True, wait=10) == (3, 3)
    assert transfer(pair.b1, pair.a1, "10.1.0.2", 5, lab.directory)
    assert transfer(pair.a1, pair.b1, "fd00:1::1", 5, lab.directory)
    capture.stop()
    rows = capture.fields(["esp.spi", "udp.port", "vxlan.vni"])
    # Datagrams of ESP in UDP cross the virtual wire joined.
    assert len(rows) > 200
    spis = {int(a["spi"], 16) for host in pair.hosts for a in associations(host, direction="out")}
    for spi, ports, vni in rows:
        assert int(spi, 16) in spis and not vni
        assert ports == ("4500,4500" if options.get("udp") else "")

    for host in pair.hosts:
        workers = options.get("pair", {}).get("workers", 1)
        out = associations(host, direction="out", state="active")
        assert len(out) == workers and len({a["spi"] for a in out}) == workers
        assert {a["algorithm"] for a in associations(host)} == {options.get("algorithm", "aes256gcm")}
        wait_until(lambda h=host: sum(a["packets"] for a in associations(h, direction="in")) > 100, what="counts")
        assert all(not a["errors"] for a in associations(host))
