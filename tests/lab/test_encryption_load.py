"""Rotation of keys under load: not one packet lost for want of a key, neither for its number nor for its seal."""

import signal
import subprocess
import time

import pytest

from docker_esp import KEYS, write_keys
from lab import wait_until
from test_encryption_keys import associations, docker_pair, introduce_by_announcement, sending, waggle_pair

# What a rotation could lose packets by. A full queue or a socket's buffer could lose some for want of speed.
BY_ROTATION = {
    "no_association", "sequence_exhausted", "unknown_spi", "authentication_failed", "replayed", "replay_too_old",
    "wrong_association", "cleartext", "sealed_for_plain", "esp_truncated", "esp_misaligned", "esp_trailer",
    "esp_padding", "esp_next_header", "sealed_not_vxlan", "reserved_spi", "esp_dummy",
}
PACKETS = 20_000


class Load:
    """TCP both ways at whatever speed the machine gives, until stop()."""

    def __init__(self, server, client, address):
        self.lab = server.lab
        self.server = server.popen("iperf3", "-s", "-B", address, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: "5201" in server.run("ss", "-Hlnt").stdout, what="iperf3 to listen")
        self.client = client.popen(
            "iperf3", "-c", address, "-t", "300", "--bidir", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def is_running(self):
        return self.client.poll() is None

    def stop(self):
        running = self.is_running()
        self.lab.end(self.client)
        self.lab.end(self.server)
        return running


def carried(host):
    """Packets of all associations that are there, both directions."""
    return sum(a["packets"] for a in associations(host))


def more_traffic(pair, packets=PACKETS):
    """Waits for so many packets under the keys in force."""
    for host in pair.hosts:
        wait_until(
            lambda h=host: sum(a["packets"] for a in associations(h, direction="out", state="active")) >= packets,
            timeout=120, what=f"{packets} packets under the keys in force", interval=0.2,
        )


def lost_by_rotation(pair):
    return {
        (host.name, reason): packets
        for host in pair.hosts
        for (_, reason), packets in host.drops().items()
        if reason in BY_ROTATION and packets
    }


def rotate_docker(pair, first):
    for host in pair.hosts:
        before = sending(host)
        write_keys(host.directory / "docker.keys", KEYS[first : first + 3])
        host.control.send_signal(signal.SIGHUP)
        wait_until(lambda h=host, b=before: len(sending(h)) == 1 and sending(h) != b, what="the next key in use")
        wait_until(lambda h=host: len(associations(h, direction="in")) == 3, what="the oldest key gone")


def rotate_waggle(pair, _):
    before = [sending(host) for host in pair.hosts]
    pair.a.waggle("rekey", "--overlay", "blue")
    deadline = time.monotonic() + 60
    while any(sending(host) == former for host, former in zip(pair.hosts, before)):
        assert time.monotonic() < deadline, "no new keys in use"
        introduce_by_announcement(*pair.hosts)
        time.sleep(0.2)


@pytest.mark.parametrize("profile", ["docker", "waggle"])
def test_rotation_under_load_loses_nothing(lab, profile):
    pair = docker_pair(lab) if profile == "docker" else waggle_pair(lab)
    if profile == "waggle":
        introduce_by_announcement(*pair.hosts)
    rotate = rotate_docker if profile == "docker" else rotate_waggle
    assert pair.a1.reaches("10.1.0.2", timeout=30)
    # Before the keys were there pings went nowhere.
    before = lost_by_rotation(pair)
    load = Load(pair.b1, pair.a1, "10.1.0.2")
    more_traffic(pair)
    for first in (1, 2):
        rotate(pair, first)
        more_traffic(pair)
    assert load.stop(), "iperf3 gave up"
    assert lost_by_rotation(pair) == before
    for host in pair.hosts:
        assert all(not a["errors"] for a in associations(host)), associations(host)
