"""The kernel's own vxlan device as the peer: the independent other end."""

import pytest

from lab import wait_until
from topology import Pair, add_kernel_host, address_of, without_offloads
from traffic import Capture, iperf, transfer

CASES = {
    "ipv4": {},
    "ipv6": {"family": "ipv6"},
    "jumbo": {"mtu": 9000},
    "udp_port": {"udp_port": 8472},
    "no_offloads": {"offloads": False},
}


@pytest.mark.parametrize("case", CASES)
def test_kernel_host_talks_to_waggle(lab, case):
    options = CASES[case]
    family = options.get("family", "ipv4")
    pair = Pair(lab, start=False, **options)
    mtu = options.get("mtu", 1500) - (70 if family == "ipv6" else 50)
    kernel, k1 = add_kernel_host(lab, pair.wire, pair.hosts, family, mtu=mtu, port=options.get("udp_port", 4789))
    if not options.get("offloads", True):
        without_offloads(kernel.namespace, k1)
    for host in pair.hosts:
        host.start()
    if not options.get("offloads", True):
        without_offloads(pair.a1, pair.b1)

    assert pair.a1.reaches("10.1.0.9")
    assert k1.reaches("10.1.0.2")
    assert k1.reaches("fd00:1::1")
    assert k1.ping("10.1.0.1", count=10, size=mtu - 28, dont_fragment=True, interval=0.05) == (10, 10)
    assert pair.b1.ping("fd00:1::9", count=10, size=mtu - 48, dont_fragment=True, interval=0.05) == (10, 10)
    # Kernel to Waggle carries GSO frames with partial checksums over the veth, the hardest case.
    assert iperf(pair.a1, k1, "10.1.0.1", seconds=1) > 1
    assert iperf(pair.a1, k1, "10.1.0.1", seconds=1, reverse=True) > 1
    assert iperf(pair.a1, k1, "fd00:1::1", seconds=1) > 1
    assert transfer(pair.a1, k1, "10.1.0.1", 20, lab.directory)
    assert transfer(k1, pair.a1, "10.1.0.9", 20, lab.directory)


def test_what_we_send_is_clean_to_tshark(lab):
    pair = Pair(lab)
    capture = Capture(pair.b.namespace, "eth0", "udp port 4789")
    assert pair.a1.reaches("10.1.0.2")
    pair.a1.ping("fd00:1::2", count=3)
    capture.stop()
    rows = capture.fields(["vxlan.vni", "ip.src", "udp.srcport", "_ws.malformed"], "vxlan")
    assert len(rows) >= 6
    for number, source, ports, malformed in rows:
        assert number == "4097"
        assert source.split(",")[0].startswith("192.0.2.")
        assert 49152 <= int(ports.split(",")[0]) <= 65535
        assert malformed == ""


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_packets_that_leave_in_one_piece_are_right_on_the_wire(lab, family):
    pair = Pair(lab, family)
    # Nothing left to the device: the kernel cuts and fills in checksums before the wire.
    pair.a.namespace.run(
        "ethtool", "-K", "eth0", "tx", "off", "gso", "off", "tso", "off", "tx-udp-segmentation", "off"
    )
    assert pair.a1.reaches("10.1.0.2")
    capture = Capture(pair.b.namespace, "eth0", f"src host {address_of(family, 1)} and udp port 4789")
    assert transfer(pair.b1, pair.a1, "10.1.0.2", 2, lab.directory)
    assert transfer(pair.b1, pair.a1, "fd00:1::2", 2, lab.directory)
    capture.stop()
    wire = next(port for port in pair.a.items("ports") if port["name"] == "wire")
    assert wire["joined_packets"] > 1000 and wire["send_errors"] == 0
    checks = [option for layer in ("ip", "udp", "tcp") for option in ("-o", f"{layer}.check_checksum:TRUE")]
    # The random file is no protocol that tshark knows for this port.
    checks += ["-d", "tcp.port==7000,data"]
    names = ["frame.len", "ip.id", "ip.checksum.status", "udp.checksum.status", "tcp.checksum.status", "_ws.malformed"]
    rows = capture.fields(names, "vxlan", checks)
    assert len(rows) > 2500
    for length, _, *statuses, malformed in rows:
        assert int(length) <= 1514 and malformed == ""
        # 0 is "bad".
        assert not any("0" in status.split(",") for status in statuses), statuses
    if family == "ipv4":
        outer_ids = [row[1].split(",")[0] for row in rows]
        assert len(set(outer_ids)) == len(outer_ids)


def test_sender_that_is_no_member_is_refused(lab):
    pair = Pair(lab, start=False)
    kernel, k1 = add_kernel_host(lab, pair.wire, pair.hosts)
    for host in pair.hosts:
        # Nobody told Waggle of the kernel host.
        host.config["peers"] = [p for p in host.config["peers"] if p["name"] != kernel.node]
        host.config["endpoints"] = [e for e in host.config["endpoints"] if e.get("host") != kernel.node]
        host.start()
    assert k1.ping("10.1.0.1", count=2, wait=1)[1] == 0
    assert wait_until(lambda: pair.a.drops().get(("blue", "unknown_vtep"), 0) >= 1, what="unknown_vtep to count")


def test_overlays_with_the_same_subnet_are_isolated(lab):
    pair = Pair(lab, start=False)
    for number, host in ((1, pair.a), (2, pair.b)):
        host.overlay("red", 4098, ["10.1.0.0/24"])
    red_a = pair.a.container("ra", "red", ["10.1.0.1"])
    red_b = pair.b.container("rb", "red", ["10.1.0.22"])
    pair.a.remote_endpoint("rb", "red", ["10.1.0.22"], pair.b.node)
    pair.b.remote_endpoint("ra", "red", ["10.1.0.1"], pair.a.node)
    for host in pair.hosts:
        host.start()
    assert red_a.reaches("10.1.0.22")
    assert pair.a1.reaches("10.1.0.2")
    assert red_a.ping("10.1.0.2", count=2, wait=1)[1] == 0
    assert pair.b1.ping("10.1.0.22", count=2, wait=1)[1] == 0
    assert red_b.reaches("10.1.0.1")
