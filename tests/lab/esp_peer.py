"""A host made of scapy and OpenSSL: the other end of an encrypted overlay. It opens everything that arrives, keeps what
it saw, answers echo requests and sends what a test makes up."""

import ctypes
import dataclasses
import os
import select
import socket
import struct
import threading
import time

from scapy.layers.inet import ICMP, IP, UDP
from scapy.layers.l2 import Ether
from scapy.layers.vxlan import VXLAN
from scapy.packet import Raw

from esp import NotAuthentic
from lab import wait_until

UDP_PROTOCOL = 17
CLONE_NEWNET = 0x40000000


def socket_in(namespace, *arguments):
    """A socket of another network namespace. Made by a thread of its own, so that no other one ever changes place."""
    made = []

    def make():
        with open(namespace.path, encoding="ascii") as target:
            if ctypes.CDLL(None, use_errno=True).setns(target.fileno(), CLONE_NEWNET) != 0:
                made.append(OSError(ctypes.get_errno(), f"setns {namespace.path}"))
                return
        try:
            made.append(socket.socket(*arguments))
        except OSError as error:
            made.append(error)

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    if isinstance(made[0], OSError):
        raise made[0]
    return made[0]


@dataclasses.dataclass
class Opened:
    """One packet that was authentic."""

    spi: int
    sequence: int
    iv: bytes
    padding: bytes
    next_header: int
    vni: int
    source_port: int
    frame: Ether


def read(packet, associations):
    """Opens `packet` with the association of its SPI; ValueError says what is against it."""
    spi, sequence = struct.unpack("!II", packet[:8])
    if spi not in associations:
        raise ValueError(f"SPI {spi:#010x} is none of ours")
    try:
        text = associations[spi].open(packet)
    except NotAuthentic as error:
        raise ValueError(f"not authentic: {error}") from error
    padding = text[-2]
    inside = UDP(text[: len(text) - 2 - padding])
    if VXLAN not in inside:
        raise ValueError(f"no VXLAN inside: {inside!r}")
    if inside.len != len(text) - 2 - padding:
        raise ValueError(f"UDP length {inside.len} in {len(text)} bytes with {padding} of padding")
    vxlan = inside[VXLAN]
    return Opened(
        spi, sequence, packet[8:16], text[len(text) - 2 - padding : -2], text[-1], vxlan.vni, inside.sport,
        vxlan.payload,
    )


class EspPeer:
    """One end of a pair of hosts; `namespace` has the address `local` and the way to `remote`. It opens with the
    `incoming` associations and seals with `outgoing`. `mac` and `address` are its only container's."""

    def __init__(self, namespace, local, remote, incoming, outgoing, mac, address, vni=4097, udp_port=None):
        """`udp_port`: of ESP in UDP (RFC 3948); None: IP protocol 50."""
        self.remote, self.udp_port = remote, udp_port
        self.mac, self.address, self.vni = mac, address, vni
        self.incoming = {association.spi: association for association in incoming}
        self.outgoing = outgoing
        self.begin_life()
        self.seen = []
        self.refused = []
        self.replies = set()
        # When each keepalive came (RFC 3948 section 2.3).
        self.keepalives = []
        # A raw IPv4 socket gets the IP header too, others don't.
        self.ip_header = ":" not in local and udp_port is None
        family = socket.AF_INET6 if ":" in local else socket.AF_INET
        if udp_port is None:
            self.socket = socket_in(namespace, family, socket.SOCK_RAW, socket.IPPROTO_ESP)
        else:
            self.socket = socket_in(namespace, family, socket.SOCK_DGRAM)
        self.socket.bind((local, udp_port or 0))
        self.plain = socket_in(namespace, family, socket.SOCK_DGRAM)
        self.plain.bind((local, 0))
        self.lock = threading.Lock()
        self.stopping, self.stopper = os.pipe()
        self.reader = threading.Thread(target=self._receive, daemon=True)
        self.reader.start()
        namespace.lab.closers.append(self.close)

    def begin_life(self):
        """As after a start of the host: numbers from 1, and another constant for the IVs, which are as Linux makes them."""
        self.sequence = 0
        self.constant = int.from_bytes(os.urandom(8), "big")

    def close(self):
        os.write(self.stopper, b".")
        self.reader.join(20)
        for end in (self.stopping, self.stopper):
            os.close(end)
        self.socket.close()
        self.plain.close()

    def _receive(self):
        while True:
            ready, _, _ = select.select([self.socket, self.stopping], [], [])
            if self.stopping in ready:
                return
            packet = self.socket.recv(65536)
            if self.ip_header:
                packet = packet[(packet[0] & 15) * 4 :]
            if self.udp_port is not None and packet == b"\xff":
                self.keepalives.append(time.monotonic())
                continue
            try:
                opened = read(packet, self.incoming)
            except ValueError as error:
                self.refused.append(str(error))
                continue
            self.seen.append(opened)
            self._answer(opened.frame)

    def _answer(self, frame):
        if ICMP not in frame or frame[IP].dst != self.address:
            return
        icmp = frame[ICMP]
        if icmp.type == 0:
            self.replies.add((icmp.id, icmp.seq))
        elif icmp.type == 8:
            answer = ICMP(type=0, id=icmp.id, seq=icmp.seq) / Raw(bytes(icmp.payload))
            self.send(self.frame(frame.src, frame[IP].src, answer))

    def frame(self, mac, address, payload):
        return Ether(src=self.mac, dst=mac) / IP(src=self.address, dst=address) / payload

    def echo(self, mac, address, identifier, number=1, size=56):
        """An echo request from this host's container."""
        return self.frame(mac, address, ICMP(type=8, id=identifier, seq=number) / Raw((bytes(range(256)) * 8)[:size]))

    def tunnelled(self, frame, vni=None, port=4789, source_port=50000):
        """UDP and VXLAN around `frame`, as IP would carry it."""
        vxlan = bytes(VXLAN(flags=8, vni=self.vni if vni is None else vni) / frame)
        return struct.pack("!HHHH", source_port, port, 8 + len(vxlan), 0) + vxlan

    def next_numbers(self):
        with self.lock:
            self.sequence += 1
            return self.sequence, (self.sequence ^ self.constant).to_bytes(8, "big")

    def sealed(self, payload, trailer=None, association=None):
        """An ESP packet with the next number; `trailer` replaces padding, its length and the next header."""
        if trailer is None:
            padding = -(len(payload) + 2) % 4
            trailer = bytes(range(1, padding + 1)) + bytes([padding, UDP_PROTOCOL])
        return (association or self.outgoing).seal(*self.next_numbers(), payload + trailer)

    def send(self, frame, **options):
        return self.send_packet(self.sealed(self.tunnelled(frame), **options))

    def send_packet(self, packet):
        self.socket.sendto(packet, (self.remote, self.udp_port or 0))
        return packet

    def send_clear(self, frame):
        self.plain.sendto(self.tunnelled(frame)[8:], (self.remote, 4789))

    def wait_reply(self, identifier, number=1):
        wait_until(lambda: (identifier, number) in self.replies, what=f"the reply to echo {identifier}.{number}")
