"""The waggle profile with another implementation of key exchange and ESP at the other end: what stands in
control/encryption/key-exchange.md is enough to talk to a Waggle host."""

import pytest

from esp import Association
from esp_peer import UDP_PROTOCOL, EspPeer
from lab import Switch, wait_until
from traffic import Capture
from waggle_host import WaggleHost, derived_mac
from waggle_keys import Host

LOCAL, REMOTE = "192.0.2.9", "192.0.2.1"
CONTAINER, OURS = "10.1.0.1", "10.1.0.9"
MAC = derived_mac(CONTAINER)
SECRET = "YmVlcyB0ZWxsIGVhY2ggb3RoZXIgd2hlcmUgdGhpbmdzIGFyZQ=="
MTU = 1416


class Arrangement:
    """Waggle host `a` with container `a1` on overlay blue, and the peer `s`; they have each other's announcements."""

    def __init__(self, lab):
        wire = Switch(lab)
        self.host = host = WaggleHost(lab, "a")
        wire.connect(host.namespace, "eth0", [f"{REMOTE}/24"])
        host.config["node"]["vtep"] = {"ipv4": REMOTE}
        secret = host.directory / "blue.secret"
        secret.touch(0o600)
        secret.write_text(SECRET + "\n")
        host.overlay("blue", 4097, ["10.1.0.0/24"], encryption={"profile": "waggle", "secret": str(secret)})
        self.container = host.container("a1", "blue", [CONTAINER])
        self.namespace = lab.namespace("s")
        wire.connect(self.namespace, "eth0", [f"{LOCAL}/24"])
        node = f"{lab.prefix}-s"
        host.peer(node, LOCAL)
        host.remote_endpoint("s1", "blue", [OURS], node)
        host.start_dataplane()
        host.start_control()

        keys = Host(node, 4097, SECRET)
        host.waggle("announcement", "accept", keys.announcement())
        other = keys.read(host.waggle("announcement", "show").stdout.strip())
        self.incoming = self.association(keys, other, outbound=False)
        outgoing = self.association(keys, other, outbound=True)
        host.wait_healthy()
        self.peer = EspPeer(self.namespace, LOCAL, REMOTE, [self.incoming], outgoing, derived_mac(OURS), OURS)
        assert self.container.reaches(OURS, timeout=30)

    @staticmethod
    def association(keys, other, outbound):
        key, salt, spi = keys.association(other, outbound)
        return Association(spi, key, salt, icv=16, extended=True)


@pytest.fixture
def arranged(lab):
    return Arrangement(lab)


def test_live_traffic_both_ways(arranged):
    peer = arranged.peer
    for size in (0, 1, 2, 3, 56, MTU - 28):
        assert arranged.container.ping(OURS, count=3, size=size, dont_fragment=True, interval=0.05, wait=10) == (3, 3)
        peer.send(peer.echo(MAC, CONTAINER, 1, size, size))
        peer.wait_reply(1, size)
    assert not peer.refused, peer.refused
    assert {p.next_header for p in peer.seen} == {UDP_PROTOCOL}
    assert {bytes(p.padding) for p in peer.seen} == {b"", b"\1", b"\1\2", b"\1\2\3"}
    assert [p.sequence for p in peer.seen] == list(range(1, len(peer.seen) + 1))
    assert len({p.iv for p in peer.seen}) == len(peer.seen)


def test_what_is_wrong_is_dropped_and_counted(arranged):
    peer, host = arranged.peer, arranged.host

    def dropped(reason):
        return sum(packets for (_, counted), packets in host.drops().items() if counted == reason)

    def assert_counted(packet, reason, number):
        before = dropped(reason)
        peer.send_packet(packet)
        # Packets keep their order: once this is answered, the other one has been through.
        peer.send(peer.echo(MAC, CONTAINER, 2, number))
        peer.wait_reply(2, number)
        wait_until(lambda: dropped(reason) == before + 1, what=f"{reason} to rise by one")

    good = peer.send(peer.echo(MAC, CONTAINER, 3))
    peer.wait_reply(3)
    peer.replies.clear()
    assert_counted(good, "replayed", 1)
    for number, at in enumerate((8, 16, len(good) // 2, -17, -16, -1)):
        packet = bytearray(peer.sealed(peer.tunnelled(peer.echo(MAC, CONTAINER, 3))))
        packet[at] ^= 1
        assert_counted(bytes(packet), "authentication_failed", 10 + number)
    peer.send_clear(peer.echo(MAC, CONTAINER, 3))
    # An ICV of 8 bytes is half of one.
    assert_counted(peer.sealed(peer.tunnelled(peer.echo(MAC, CONTAINER, 3)))[:-8], "authentication_failed", 20)
    wait_until(lambda: dropped("cleartext") == 1, what="cleartext to count")
    assert (3, 1) not in peer.replies


def test_tshark_opens_it(arranged):
    """With the 16-byte ICV it decrypts, but it cannot verify: it knows no extended sequence numbers, which are
    authenticated too. The peer verifies each of the same packets."""
    capture = Capture(arranged.namespace, "eth0", f"src {REMOTE} and (proto 50 or udp port 4789)")
    before = len(arranged.peer.seen)
    for size in range(16, 24):
        assert arranged.container.ping(OURS, count=1, size=size, wait=10) == (1, 1)
    wait_until(lambda: capture.file.stat().st_size > 8 * 116, what="the capture to be written")
    capture.stop()
    association = arranged.incoming
    options = ["-o", "esp.enable_encryption_decode:TRUE", "-o", "uat:esp_sa:" + ",".join(
        f'"{value}"' for value in ("IPv4", REMOTE, LOCAL, f"{association.spi:#010x}",
                                   "AES-GCM with 16 octet ICV [RFC4106]",
                                   f"0x{(association.key + association.salt).hex()}", "NULL", ""))]
    fields = ["esp.protocol", "vxlan.vni", "icmp.type", "_ws.malformed"]
    rows = capture.fields(fields, "", options)
    assert rows == [["0x11", "4097", "8", ""]] * 8
    assert len(arranged.peer.seen) - before == 8
    assert not arranged.peer.refused, arranged.peer.refused
