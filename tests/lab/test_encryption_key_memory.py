"""A key that is out of use is nowhere in the memory of either process: whoever gets hold of them later can't open what was
recorded before."""

import os
import re
import signal

from docker_esp import write_keys
from lab import wait_until
from test_encryption_keys import associations, docker_pair, sending

# Random, as a row of numbers could be anything's.
KEYS = [(56966 + i, os.urandom(16)) for i in range(5)]
STEP = 1 << 22


def places_of(pid, wanted):
    """How often each of `wanted` lies in the process's writable memory."""
    counts = dict.fromkeys(wanted, 0)
    longest = max(map(len, wanted))
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            bounds = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
            if not bounds:
                continue
            at, end = int(bounds[1], 16), int(bounds[2], 16)
            while at < end:
                try:
                    memory.seek(at)
                    chunk = memory.read(min(STEP + longest, end - at))
                except OSError:
                    chunk = b""
                for each in wanted:
                    # One that reaches into the next chunk is counted there.
                    counts[each] += sum(found.start() < STEP for found in re.finditer(re.escape(each), chunk))
                at += STEP
    return counts


def test_keys_that_are_out_of_use_are_nowhere(lab):
    pair = docker_pair(lab)
    for host in pair.hosts:
        write_keys(host.directory / "docker.keys", KEYS[:3])
        host.waggle("reload")
        host.wait_healthy()
    assert pair.a1.reaches("10.1.0.2", timeout=30)
    in_use = places_of(pair.a.dataplane.pid, [key for _, key in KEYS[:3]])
    assert all(in_use.values()), "the search finds no key that is there"
    for first in (1, 2):
        for host in pair.hosts:
            before = sending(host)
            write_keys(host.directory / "docker.keys", KEYS[first : first + 3])
            host.control.send_signal(signal.SIGHUP)
            wait_until(lambda h=host, b=before: len(sending(h)) == 1 and sending(h) != b, what="the next key in use")
            wait_until(lambda h=host: len(associations(h, direction="in")) == 3, what="the oldest key gone")
    assert pair.a1.reaches("10.1.0.2", timeout=30)
    gone = [key for _, key in KEYS[:2]]
    texts = [key.hex().encode() for key in gone]
    for host in pair.hosts:
        for process in (host.dataplane, host.control):
            wait_until(
                lambda p=process: not any(places_of(p.pid, gone + texts).values()),
                what=f"no key out of use in {process.args[-3:]}", interval=0.5,
            )
