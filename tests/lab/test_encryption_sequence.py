"""Sequence numbers that run out: the host tells it, shows it, gets new keys where it can, and never uses a number twice.

Four thousand million packets take too long for a lab. So it turns the number of a running association forward, in the
memory of the dataplane."""

import mmap
import re
import signal
import struct

import pytest

from docker_esp import KEYS, write_keys
from lab import wait_until
from test_encryption_keys import associations, docker_pair, introduce_by_announcement, sending, waggle_pair

# Of esp::outbound_association: the SPI and the salt, the last number allowed, the ICV's length; a cache line further
# the last number given away.
SPI_AT, LIMIT_AT, ICV_AT, SEQUENCE_AT = 16, 32, 40, 64


def find_association(pid, spi, limit, icv):
    """The address of the outbound association in the process's memory."""
    key = struct.pack("!I", spi)
    found = []
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps, open(f"/proc/{pid}/mem", "rb") as memory:
        for line in maps:
            bounds = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw.. \S+ \S+ \S+\s*(\S*)", line)
            if not bounds or bounds[3] not in ("", "[heap]"):
                continue
            start, end = int(bounds[1], 16), int(bounds[2], 16)
            for base in range(start, end, 1 << 24):
                memory.seek(base)
                try:
                    chunk = memory.read(min((1 << 24) + mmap.PAGESIZE, end - base))
                except OSError:
                    continue
                at = chunk.find(key)
                while at >= 0:
                    begin = at - SPI_AT
                    # Associations begin on cache lines.
                    if begin >= 0 and (base + begin) % 64 == 0 and at + 64 < len(chunk):
                        allowed = struct.unpack_from("<Q", chunk, begin + LIMIT_AT)[0]
                        if allowed == limit and chunk[begin + ICV_AT] == icv:
                            found.append(base + begin)
                    at = chunk.find(key, at + 1)
    assert len(set(found)) == 1, f"{len(set(found))} places look like the association {spi:#010x}"
    return found[0]


def turn_forward(host, sequence, limit, icv):
    """The active association goes on after `sequence`."""
    [active] = associations(host, direction="out", state="active")
    at = find_association(host.dataplane.pid, int(active["spi"], 16), limit, icv)
    with open(f"/proc/{host.dataplane.pid}/mem", "r+b", buffering=0) as memory:
        memory.seek(at + SEQUENCE_AT)
        memory.write(struct.pack("<Q", sequence))


def exhausted(host):
    return sum(n for (_, reason), n in host.drops().items() if reason == "sequence_exhausted")


def test_docker_association_near_its_end(lab):
    last = 2**32 - 1
    pair = docker_pair(lab)
    assert pair.a1.reaches("10.1.0.2")
    turn_forward(pair.a, int(last * 0.95), last, 8)
    # The jump is no trouble for the receiver's window.
    assert pair.a1.ping("10.1.0.2", count=3, interval=0.05, wait=10) == (3, 3)
    wait_until(lambda: "are nearly used up" in pair.a.log("control.log"), what="control to tell of it")
    told = pair.a.log("control.log")
    assert "towards 192.0.2.2 are nearly used up; rotate the keys on all hosts" in told
    assert str(pair.a.directory / "docker.keys") in told
    [shown] = associations(pair.a, direction="out", state="active")
    assert 94 < shown["sequence_used"] < 96
    # Ten more packets and no further: nothing goes out with a number used before, or unsealed.
    turn_forward(pair.a, last - 10, last, 8)
    sent, received = pair.a1.ping("10.1.0.2", count=15, interval=0.05, wait=1)
    assert received <= 10 < sent
    assert exhausted(pair.a) >= sent - 10
    wait_until(lambda: "are used up, nothing is sent any more" in pair.a.log("control.log"), what="control to tell the end")
    # The operator does as told.
    for host in pair.hosts:
        before = sending(host)
        write_keys(host.directory / "docker.keys", KEYS[1:4])
        host.control.send_signal(signal.SIGHUP)
        wait_until(lambda h=host, b=before: len(sending(h)) == 1 and sending(h) != b, what="the next key in use")
    assert pair.a1.reaches("10.1.0.2", timeout=30)
    [shown] = associations(pair.a, direction="out", state="active")
    assert shown["sequence_used"] < 1


@pytest.mark.parametrize("share", [0.95])
def test_waggle_association_near_its_end_gets_new_keys_by_itself(lab, share):
    last = 2**64 - 1
    pair = waggle_pair(lab)
    introduce_by_announcement(*pair.hosts)
    assert pair.a1.reaches("10.1.0.2", timeout=30)
    before = sending(pair.a)
    turn_forward(pair.a, int(last * share), last, 16)
    wait_until(lambda: "are nearly used up; new keys follow at once" in pair.a.log("control.log"), what="new keys told")

    def replaced():
        introduce_by_announcement(*pair.hosts)
        return sending(pair.a) and not sending(pair.a) & before

    wait_until(replaced, timeout=60, what="new keys in use", interval=0.2)
    assert pair.a1.reaches("10.1.0.2", timeout=30)
    [shown] = associations(pair.a, direction="out", state="active")
    assert shown["sequence_used"] < 1
