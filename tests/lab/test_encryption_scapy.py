"""A host made of scapy and OpenSSL exchanges live traffic with a Waggle host, both ways, and sends it whatever an
attacker could."""

import dataclasses
import random
import time

import pytest
from cryptography.hazmat.primitives.ciphers import algorithms, modes
from scapy.layers import ipsec
from scapy.layers.inet import IP, UDP
from scapy.layers.ipsec import ESP, SecurityAssociation
from scapy.layers.vxlan import VXLAN

from docker_esp import KEYS, association
from docker_peer import CONTAINER, LOCAL, MAC, OURS, REMOTE, STRANGER, Arrangement
from esp_peer import UDP_PROTOCOL
from lab import wait_until


@pytest.mark.parametrize("family, mtu", [("ipv4", 1424), ("ipv6", 1404)])
def test_live_traffic_both_ways(lab, family, mtu):
    arranged = Arrangement(lab, family)
    local, remote = arranged.local, arranged.remote
    peer = arranged.peer
    # The container asks. Sizes make every padding and end with a full packet.
    for size in (0, 1, 2, 3, 56, 57, 512, mtu - 28):
        assert arranged.container.ping(OURS, count=3, size=size, dont_fragment=True, interval=0.05, wait=10) == (3, 3), size
    # The container is asked, with each of the three keys it accepts.
    for number, key in enumerate(KEYS[:3]):
        outgoing = association(key, local, remote)
        for size in (0, 1, 2, 3, 56, mtu - 28):
            peer.send(peer.echo(MAC, CONTAINER, 1000 + number, size, size), association=outgoing)
            peer.wait_reply(1000 + number, size)

    assert not peer.refused, peer.refused
    middle = association(KEYS[1], remote, local).spi
    assert len(peer.seen) >= 42
    assert {p.spi for p in peer.seen} == {middle}
    assert {p.next_header for p in peer.seen} == {UDP_PROTOCOL}
    assert {p.vni for p in peer.seen} == {4097}
    assert all(49152 <= p.source_port for p in peer.seen)
    # No more padding than needed, of the contents that RFC 4303 wants; all of them occurred.
    assert {bytes(p.padding) for p in peer.seen} == {b"", b"\1", b"\1\2", b"\1\2\3"}
    numbers = [p.sequence for p in peer.seen]
    assert numbers[0] >= 1
    assert all(later > earlier for earlier, later in zip(numbers, numbers[1:])), numbers
    assert len({p.iv for p in peer.seen}) == len(peer.seen)
    assert not any(arranged.dropped().values()), arranged.dropped()


def test_scapys_own_associations_understand_it(lab):
    """The same once more with nothing but scapy's IPsec, once it knows an 8-byte ICV."""
    arranged = Arrangement(lab)
    peer = arranged.peer
    ipsec.CRYPT_ALGOS["AES-GCM-8"] = ipsec.CryptAlgo(
        "AES-GCM-8", cipher=algorithms.AES, mode=modes.GCM, key_size=(16,), salt_size=4, block_size=1, iv_size=8,
        icv_size=8, format_mode_iv=lambda sa, iv, **_: sa.crypt_salt + iv,
    )
    ours = peer.outgoing
    outgoing = SecurityAssociation(ESP, spi=ours.spi, crypt_algo="AES-GCM-8", crypt_key=ours.key + ours.salt)
    echo = peer.echo(MAC, CONTAINER, 7, 1)
    plain = IP(src=LOCAL, dst=REMOTE) / UDP(sport=50001, dport=4789) / VXLAN(flags=8, vni=4097) / echo
    sequence, iv = peer.next_numbers()
    peer.send_packet(bytes(outgoing.encrypt(plain, seq_num=sequence, iv=iv)[ESP]))
    peer.wait_reply(7)
    assert not any(arranged.dropped().values()), arranged.dropped()


def test_packets_out_of_order_pass_within_the_window(lab):
    arranged = Arrangement(lab)
    peer = arranged.peer
    echoes = [peer.sealed(peer.tunnelled(peer.echo(MAC, CONTAINER, 4, number, 8))) for number in range(600)]
    random.Random(1).shuffle(echoes)
    for packet in echoes:
        peer.send_packet(packet)
        time.sleep(0.0005)
    wait_until(lambda: {(4, number) for number in range(600)} <= peer.replies, what="the reply to each")
    assert not any(arranged.dropped().values()), arranged.dropped()
    # One that falls behind the window of 4,096 is too old, though nobody has seen it.
    late = peer.sealed(peer.tunnelled(peer.echo(MAC, CONTAINER, 5)))
    with peer.lock:
        peer.sequence += 4096
    peer.send(peer.echo(MAC, CONTAINER, 6))
    peer.wait_reply(6)
    assert_dropped(arranged, "a late one", "replay_too_old", lambda: peer.send_packet(late), 101)
    assert (5, 1) not in peer.replies


def changed(packet, at, bit=0x80):
    copy = bytearray(packet)
    copy[at] ^= bit
    return bytes(copy)


def hostile_packets(peer, echo):
    """(what it is, the counter that it raises, how to send it). Each sends one packet."""

    def sealed(**options):
        return peer.sealed(peer.tunnelled(echo), **options)

    def with_(**changes):
        return dataclasses.replace(peer.outgoing, **changes)

    def esp(packet):
        return lambda: peer.send_packet(packet())

    def tampered(at, bit=0x80):
        return "authentication_failed", esp(lambda: changed(sealed(), at, bit))

    def trailer(content):
        # UDP, VXLAN and an echo of 56 bytes are 114 bytes: with 2 or 6 more a multiple of 4.
        return esp(lambda: sealed(trailer=content))

    to_come = association(KEYS[3], LOCAL, REMOTE)
    yield "another sequence number", *tampered(6, 0x40)
    yield "another IV", *tampered(8)
    yield "another first byte", *tampered(16)
    yield "another byte in the middle", *tampered(60, 1)
    yield "another last byte", *tampered(-9)
    yield "another first byte of the ICV", *tampered(-8)
    yield "another last byte of the ICV", *tampered(-1, 1)
    yield "a key that nobody gave", "authentication_failed", esp(lambda: sealed(association=with_(key=b"x" * 16)))
    yield "4 bytes less", "authentication_failed", esp(lambda: sealed()[:-4])
    yield "1 byte less", "esp_misaligned", esp(lambda: sealed()[:-1])
    yield "too short for ESP", "esp_truncated", esp(lambda: sealed()[:20])
    yield "an SPI of nobody", "unknown_spi", esp(lambda: changed(sealed(), 3, 1))
    yield "an SPI of a key to come", "unknown_spi", esp(lambda: sealed(association=to_come))
    yield "a reserved SPI", "reserved_spi", esp(lambda: sealed(association=with_(spi=255)))
    yield "SPI 0", "reserved_spi", esp(lambda: sealed(association=with_(spi=0)))
    yield "VXLAN in clear", "cleartext", lambda: peer.send_clear(echo)
    yield "a dummy packet", "esp_dummy", trailer(bytes([0, 59]))
    yield "TCP inside", "esp_next_header", trailer(bytes([0, 6]))
    yield "padding of zeros", "esp_padding", trailer(bytes([0, 0, 0, 0, 4, UDP_PROTOCOL]))
    yield "more padding than packet", "esp_trailer", trailer(bytes([255, UDP_PROTOCOL]))
    yield "sealed DNS", "sealed_not_vxlan", esp(lambda: peer.sealed(peer.tunnelled(echo, port=53)))
    yield "a VNI of nobody", "unknown_vni", esp(lambda: peer.sealed(peer.tunnelled(echo, vni=4100)))
    yield "a plain overlay's VNI", "sealed_for_plain", esp(lambda: peer.sealed(peer.tunnelled(echo, vni=4098)))


def assert_dropped(arranged, what, reason, send, number):
    """`send` raises that counter by one and no other, and its echo is not answered, though a later one is."""
    peer = arranged.peer
    before = arranged.dropped()
    send()
    # Packets keep their order: once this is answered, the other one has been through.
    peer.send(peer.echo(MAC, CONTAINER, 2, number))
    peer.wait_reply(2, number)

    def raised():
        after = arranged.dropped()
        return {name: after[name] - before.get(name, 0) for name in after if after[name] != before.get(name, 0)}

    wait_until(raised, what=f"a counter to rise by {what}")
    assert raised() == {reason: 1}, what


def test_whatever_is_wrong_is_dropped_and_counted(lab):
    arranged = Arrangement(lab)
    peer = arranged.peer
    echo = peer.echo(MAC, CONTAINER, 1)
    for number, (what, reason, send) in enumerate(hostile_packets(peer, echo)):
        assert_dropped(arranged, what, reason, send, number)
    assert (1, 1) not in peer.replies

    # An authentic packet, once more and from elsewhere.
    packet = peer.send(peer.echo(MAC, CONTAINER, 3))
    peer.wait_reply(3)
    peer.replies.clear()
    assert_dropped(arranged, "a replay", "replayed", lambda: peer.send_packet(packet), 100)
    assert_dropped(arranged, "another replay", "replayed", lambda: peer.send_packet(packet), 101)
    stranger = arranged.another_peer(STRANGER)
    fresh = peer.sealed(peer.tunnelled(peer.echo(MAC, CONTAINER, 3)))
    assert_dropped(arranged, "another sender", "unknown_spi", lambda: stranger.send_packet(fresh), 102)
    assert (3, 1) not in peer.replies
    # As it was never opened, it is no replay.
    peer.send_packet(fresh)
    peer.wait_reply(3)
    assert not peer.refused, peer.refused


def test_more_padding_than_needed_is_accepted(lab):
    """Stock hosts accept it; senders may do so to hide lengths."""
    arranged = Arrangement(lab)
    peer = arranged.peer
    for number, padding in enumerate((4, 8, 252)):
        payload = peer.tunnelled(peer.echo(MAC, CONTAINER, 4, number))
        assert (len(payload) + padding + 2) % 4 == 0
        peer.send_packet(peer.sealed(payload, trailer=bytes(range(1, padding + 1)) + bytes([padding, UDP_PROTOCOL])))
        peer.wait_reply(4, number)


def test_lives_of_either_end(lab):
    """Docker's keys outlive a start of either end: the same SPIs and keys, numbers from 1 again."""
    arranged = Arrangement(lab)
    peer, host = arranged.peer, arranged.host
    recorded = []
    for number in range(10):
        recorded.append(peer.send(peer.echo(MAC, CONTAINER, 5, number)))
        peer.wait_reply(5, number)

    # The peer starts again: accepted from its first packet on, while packets of its earlier life are replays.
    peer.begin_life()
    peer.send(peer.echo(MAC, CONTAINER, 6, 0))
    peer.wait_reply(6, 0)
    peer.replies.clear()
    for number, packet in enumerate(recorded):
        assert_dropped(arranged, f"packet {number} of an earlier life", "replayed", lambda p=packet: peer.send_packet(p),
                       200 + number)
    assert not any(identifier == 5 for identifier, _ in peer.replies)

    # Waggle starts again: numbers as before, no IV as before.
    seen = list(peer.seen)
    host.kill("dataplane")
    host.start_dataplane()
    host.wait_healthy()
    assert arranged.container.reaches(OURS, timeout=30)
    assert arranged.container.ping(OURS, count=20, interval=0.02, wait=10) == (20, 20)
    later = peer.seen[len(seen):]
    assert {p.spi for p in later} == {p.spi for p in seen}
    assert {p.sequence for p in later} & {p.sequence for p in seen}
    assert not {p.iv for p in later} & {p.iv for p in seen}
    assert not peer.refused, peer.refused
