"""The kernel stays out of what a Waggle host receives as ESP: it answers neither protocol 50 nor the port of ESP in UDP
with an ICMP error."""

import select
import socket

import pytest

from docker_peer import Arrangement
from esp_peer import socket_in
from lab import wait_until

# (family, what tells of an unknown protocol, what tells of a port without a taker), as ICMP type and code.
ERRORS = {"ipv4": ((3, 2), (3, 3)), "ipv6": ((4, 1), (1, 4))}


class IcmpErrors:
    """What the namespace is told by ICMP."""

    def __init__(self, namespace, family):
        self.v4 = family == "ipv4"
        if self.v4:
            self.socket = socket_in(namespace, socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        else:
            self.socket = socket_in(namespace, socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
        namespace.lab.closers.append(self.socket.close)

    def within(self, seconds):
        """The errors that came until nothing more came for so long."""
        errors = set()
        while select.select([self.socket], [], [], seconds)[0]:
            packet = self.socket.recv(65536)
            if self.v4:
                packet = packet[(packet[0] & 15) * 4 :]
            kind = (packet[0], packet[1])
            if kind in {each for pair in ERRORS.values() for each in pair}:
                errors.add(kind)
        return errors


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_the_kernel_answers_neither_esp_nor_its_port(lab, family):
    arranged = Arrangement(lab, family, esp_in_udp={"port": 4500, "keepalive": 0})
    errors = IcmpErrors(arranged.namespace, family)
    kind = socket.AF_INET if family == "ipv4" else socket.AF_INET6
    esp = socket_in(arranged.namespace, kind, socket.SOCK_RAW, socket.IPPROTO_ESP)
    lab.closers.append(esp.close)
    unknown = (0x7777).to_bytes(4, "big") + bytes(60)

    def provoke():
        esp.sendto(unknown, (arranged.remote, 0))
        arranged.peer.send_packet(unknown)

    def counted():
        return sum(n for (_, reason), n in arranged.host.drops().items() if reason == "unknown_spi")

    provoke()
    wait_until(lambda: counted() == 2, what="both packets to be counted")
    assert errors.within(1) == set()
    # The sockets that keep the kernel quiet vanish with the process: from then on it answers, which shows that it
    # would have.
    arranged.host.kill("dataplane")
    seen = set()

    def answered():
        provoke()
        seen.update(errors.within(0.3))
        return seen >= set(ERRORS[family])

    wait_until(answered, timeout=60, what="the kernel's own answers")
    arranged.host.start_dataplane()
    # The socket that the killed one left is there at once, its successor a little later.
    arranged.host.wait_healthy()
    errors.within(0.5)
    before = counted()
    provoke()
    wait_until(lambda: counted() >= before + 1, what="packets to be counted again")
    assert errors.within(1) == set()
