"""An independent decoder looks at every kind of packet that the pipelines send.

The build directory is $WAGGLE_BUILD, by default build/ of the repository.
"""

import collections
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("WAGGLE_BUILD", ROOT / "build"))
CHECKSUMS = [
    argument
    for name in ("ip", "udp", "tcp")
    for argument in ("-o", f"{name}.check_checksum:TRUE")
]
FIELDS = [
    "frame.protocols", "vxlan.vni", "ip.dst", "ipv6.dst", "udp.dstport", "tcp.len",
    "icmp.type", "icmp.mtu", "icmpv6.type", "icmpv6.mtu", "arp.opcode",
]


@pytest.fixture(scope="module")
def capture(tmp_path_factory):
    path = tmp_path_factory.mktemp("wire") / "sent.pcap"
    subprocess.run([BUILD / "tests/wire/write_capture", path], check=True)
    return path


def tshark(capture, *arguments):
    done = subprocess.run(
        ["tshark", "-n", "-r", capture, *CHECKSUMS, *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def packets(capture):
    arguments = [argument for field in FIELDS for argument in ("-e", field)]
    lines = tshark(capture, "-T", "fields", *arguments)
    return [dict(zip(FIELDS, line.split("\t"))) for line in lines]


def test_nothing_is_malformed(capture):
    assert tshark(capture, "-Y", "_ws.malformed || _ws.short") == []


def test_no_checksum_is_wrong(capture):
    # 0 is "bad"; ICMP errors quote packets whose transport checksum covers more than the quotation.
    wrong = " || ".join(
        f"{field}.checksum.status == 0" for field in ("ip", "udp", "tcp", "icmp", "icmpv6")
    )
    assert tshark(capture, "-Y", wrong) == []


def test_all_kinds_of_packets_are_there(packets):
    kinds = collections.Counter()
    for packet in packets:
        layers = packet["frame.protocols"].split(":")
        if "vxlan" in layers:
            tunnel = layers.index("vxlan")
            outer = "v6" if "ipv6" in layers[:tunnel] else "v4"
            inner = "v6" if "ipv6" in layers[tunnel:] else "v4"
            kinds[f"vxlan {inner} in {outer} {'tcp' if 'tcp' in layers else 'udp'}"] += 1
        elif packet["arp.opcode"]:
            kinds[f"arp {packet['arp.opcode']}"] += 1
        elif packet["icmp.type"]:
            kinds[f"icmp {packet['icmp.type']} mtu {packet['icmp.mtu']}"] += 1
        elif packet["icmpv6.type"]:
            kinds[f"icmpv6 {packet['icmpv6.type']} mtu {packet['icmpv6.mtu']}".removesuffix(" mtu ")] += 1
        else:
            kinds["plain"] += 1
    assert kinds == {
        # Two datagrams each; one more of each outer family is flooded.
        "vxlan v4 in v4 udp": 3,
        "vxlan v6 in v4 udp": 2,
        "vxlan v4 in v6 udp": 3,
        "vxlan v6 in v6 udp": 2,
        # 4,000 bytes in pieces of 1,300.
        "vxlan v4 in v4 tcp": 4,
        "vxlan v6 in v4 tcp": 4,
        "vxlan v4 in v6 tcp": 4,
        "vxlan v6 in v6 tcp": 4,
        "icmp 3 mtu 1450": 1,
        "icmp 3 mtu 1430": 1,
        "icmpv6 2 mtu 1450": 1,
        "icmpv6 2 mtu 1430": 1,
        "arp 2": 2,
        "icmpv6 136": 2,
        # A flooded copy to a port, two frames out of the tunnel.
        "plain": 3,
    }


def test_vnis_and_ports(packets):
    tunnelled = [packet for packet in packets if packet["vxlan.vni"]]
    assert collections.Counter(packet["vxlan.vni"] for packet in tunnelled) == {"7000": 24, "8000": 2}
    assert all(packet["udp.dstport"].split(",")[0] == "4789" for packet in tunnelled)
