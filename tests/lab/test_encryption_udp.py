"""ESP in UDP (RFC 3948) with a host made of scapy and OpenSSL, keepalives, and what else comes to its port."""

import struct
import time

import pytest

from docker_esp import KEYS, association
from docker_peer import CONTAINER, MAC, OURS, Arrangement
from lab import wait_until

# What the longest frame leaves of 1500: IP, UDP, ESP's header, trailer and ICV, UDP, VXLAN and Ethernet.
LARGEST = {"ipv4": 1500 - 20 - 8 - 26 - 30, "ipv6": 1500 - 40 - 8 - 26 - 30}


def arrange(lab, family="ipv4", keepalive=0):
    return Arrangement(lab, family, esp_in_udp={"port": 4500, "keepalive": keepalive})


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_live_traffic_both_ways(lab, family):
    arranged = arrange(lab, family)
    peer, container = arranged.peer, arranged.container
    largest = LARGEST[family] // 4 * 4
    for size in (0, 1, 2, 3, 56, 512, largest - 28):
        assert container.ping(OURS, count=3, size=size, dont_fragment=True, interval=0.05, wait=10) == (3, 3), size
    for number, key in enumerate(KEYS[:3]):
        outgoing = association(key, arranged.local, arranged.remote)
        for size in (0, 1, 2, 3, 56):
            peer.send(peer.echo(MAC, CONTAINER, 1000 + number, size, size), association=outgoing)
            peer.wait_reply(1000 + number, size)
    assert not peer.refused, peer.refused
    assert {p.spi for p in peer.seen} == {association(KEYS[1], arranged.remote, arranged.local).spi}
    assert len({p.sequence for p in peer.seen}) == len({p.iv for p in peer.seen}) == len(peer.seen)
    assert not any(arranged.dropped().values()), arranged.dropped()
    # None were asked for.
    assert not peer.keepalives


def counted(arranged, reason):
    return sum(packets for (_, name), packets in arranged.host.drops().items() if name == reason)


def test_keepalives_are_sent_when_nothing_else_is(lab):
    arranged = arrange(lab, keepalive=2)
    peer = arranged.peer
    wait_until(lambda: len(peer.keepalives) >= 3, timeout=60, what="three keepalives")
    gaps = [later - earlier for earlier, later in zip(peer.keepalives, peer.keepalives[1:])]
    # Looked after once a second.
    assert min(gaps) > 1.5, gaps
    # Traffic takes their place.
    for number in range(40):
        if number == 10:
            before = len(peer.keepalives)
        peer.send(peer.echo(MAC, CONTAINER, 5, number))
        peer.wait_reply(5, number)
        time.sleep(0.1)
    assert len(peer.keepalives) == before
    wait_until(lambda: len(peer.keepalives) > before, timeout=60, what="a keepalive after the traffic")


def test_keepalives_and_ike_that_arrive_are_dropped_and_counted(lab):
    arranged = arrange(lab)
    peer = arranged.peer
    peer.send_packet(b"\xff")
    wait_until(lambda: counted(arranged, "keepalive") == 1, what="the keepalive to be counted")
    peer.send_packet(bytes(4) + b"IKE is none of ours")
    wait_until(lambda: counted(arranged, "non_esp_marker") == 1, what="the IKE message to be counted")
    peer.send_packet(b"\xff\xff")
    wait_until(lambda: counted(arranged, "esp_truncated") == 1, what="two bytes to be counted as too short")
    peer.send(peer.echo(MAC, CONTAINER, 1))
    peer.wait_reply(1)
    # Tampered with: the same checks as without UDP.
    packet = peer.sealed(peer.tunnelled(peer.echo(MAC, CONTAINER, 2)))
    peer.send_packet(packet[:-1] + bytes([packet[-1] ^ 1]))
    wait_until(lambda: counted(arranged, "authentication_failed") == 1, what="the forged packet to be counted")
    peer.send_packet(struct.pack("!I", 77) + packet[4:])
    wait_until(lambda: counted(arranged, "reserved_spi") == 1, what="the reserved SPI to be counted")
    assert (2, 1) not in peer.replies
