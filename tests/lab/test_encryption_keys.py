"""Encryption as waggle-control carries it out: keys from files, announcements by hand, rekeying and rotation under
traffic, restarts, and that nothing goes in clear without keys."""

import os
import signal

import pytest

from lab import LabError, wait_until
from topology import Pair
from traffic import PingStream

SECRET = "YmVlcyB0ZWxsIGVhY2ggb3RoZXIgd2hlcmUgdGhpbmdzIGFyZQ=="
DOCKER_KEYS = [(56966 + i, bytes([16 * i + j for j in range(16)]).hex()) for i in range(5)]


def write_private(path, text, mode=0o600):
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def docker_keys(host, first=0):
    lines = [f"{time} {key}\n" for time, key in DOCKER_KEYS[first : first + 3]]
    return write_private(host.directory / "docker.keys", "".join(lines))


def waggle_pair(lab, start=True, **options):
    pair = Pair(lab, start=False, **options)
    for host in pair.hosts:
        secret = write_private(host.directory / "blue.secret", SECRET + "\n")
        host.config["overlays"][0]["encryption"] = {"profile": "waggle", "secret": secret}
        if start:
            host.start_dataplane()
            host.start_control()
    return pair


def docker_pair(lab, **settings):
    pair = Pair(lab, start=False, **settings)
    for host in pair.hosts:
        host.config["node"]["docker_encryption"] = {"keys": docker_keys(host)}
        host.config["overlays"][0]["encryption"] = {"profile": "docker"}
        host.start()
    return pair


def introduce_by_announcement(*hosts):
    for teller in hosts:
        for line in teller.waggle("announcement", "show").stdout.split():
            for hearer in hosts:
                if hearer is not teller:
                    hearer.waggle("announcement", "accept", line)


def associations(host, **wanted):
    return [a for a in host.items("sa") if all(a[key] == value for key, value in wanted.items())]


def sending(host):
    return {a["spi"] for a in associations(host, direction="out", state="active")}


def test_waggle_profile_from_secret_and_announcements(lab):
    pair = waggle_pair(lab)
    # Without keys nothing is sent, and the host says so.
    wait_until(lambda: "has no keys with" in pair.a.waggle("status", check=False).stdout, what="the missing keys told")
    assert not pair.a1.ping("10.1.0.2", count=2, wait=1)[1]

    introduce_by_announcement(*pair.hosts)
    for host in pair.hosts:
        host.wait_healthy()
    assert pair.a1.reaches("10.1.0.2")
    assert pair.a1.reaches("fd00:1::2")
    assert pair.a1.ping("10.1.0.2", count=1, size=1416 - 28, dont_fragment=True)[1] == 1
    for host in pair.hosts:
        assert host.waggle("diff").stdout == ""
        assert all(a["profile"] == "waggle" and a["algorithm"] == "aes256gcm" for a in associations(host))
        assert len(associations(host, direction="out")) == 1
        wait_until(lambda h=host: associations(h, direction="out")[0]["packets"] > 0, what="counted packets")
    # Keys are in its memory, which is not to reach a disk.
    locked = next(l for l in open(f"/proc/{pair.a.control.pid}/status", encoding="ascii") if l.startswith("VmLck"))
    assert int(locked.split()[1]) > 0
    fingerprint = associations(pair.a, direction="out")[0]["fingerprint"]
    assert fingerprint in {a["fingerprint"] for a in associations(pair.b, direction="in")}


def test_rekey_and_restarts_of_control_lose_nothing(lab, memory):
    pair = waggle_pair(lab, start=False)
    for host in pair.hosts:
        host.run_in(memory)
        host.start_dataplane()
        host.start_control()
    introduce_by_announcement(*pair.hosts)
    assert pair.a1.reaches("10.1.0.2")
    stream = PingStream(pair.a1, "10.1.0.2", interval=0.005)
    stream.flow()
    before = sending(pair.a)
    pair.a.waggle("rekey", "--overlay", "blue")
    wait_until(lambda: sending(pair.a) and sending(pair.a) != before, what="new keys")
    introduce_by_announcement(*pair.hosts)
    rekeyed = sending(pair.a)
    for _ in range(3):
        stream.flow()
        pair.a.kill("control")
        stream.flow()
        pair.a.start_control()
        pair.a.wait_healthy()
        assert sending(pair.a) == rekeyed, pair.a.log("control.log")
    stream.flow()
    sent, received = stream.stop()
    assert received == sent, (pair.a.drops(), pair.b.drops())


def test_another_dataplane_gets_other_keys(lab):
    pair = waggle_pair(lab)
    introduce_by_announcement(*pair.hosts)
    assert pair.a1.reaches("10.1.0.2")
    before = sending(pair.a)
    pair.a.kill("dataplane")
    pair.a.start_dataplane()
    # The socket that the killed one left is there at once, its successor a little later.
    pair.a.wait_healthy()
    assert sending(pair.a) and not sending(pair.a) & before
    introduce_by_announcement(*pair.hosts)
    assert pair.a1.reaches("10.1.0.2", timeout=30)


def test_docker_rotation_by_reload_loses_nothing(lab):
    pair = docker_pair(lab)
    assert pair.a1.reaches("10.1.0.2")
    assert pair.a1.ping("10.1.0.2", count=1, size=1424 - 28, dont_fragment=True)[1] == 1
    stream = PingStream(pair.a1, "10.1.0.2", interval=0.005)
    for first in (1, 2):
        for host in pair.hosts:
            stream.flow()
            before = sending(host)
            docker_keys(host, first)
            host.control.send_signal(signal.SIGHUP)
            wait_until(lambda h=host, b=before: len(sending(h)) == 1 and sending(h) != b, what="the next key in use")
            wait_until(lambda h=host: len(associations(h, direction="in")) == 3, what="the oldest key gone")
    stream.flow()
    sent, received = stream.stop()
    assert received == sent, (pair.a.drops(), pair.b.drops())
    for host in pair.hosts:
        host.wait_healthy()
        refused = host.waggle("rekey", "--overlay", "blue", check=False)
        assert refused.returncode == 3 and "docker.keys" in refused.stderr


def test_key_files_that_others_may_read_are_refused(lab):
    pair = waggle_pair(lab, start=False)
    secret = pair.a.directory / "blue.secret"
    os.chmod(secret, 0o640)
    pair.a.start_dataplane()
    with pytest.raises(LabError, match=f"run 'chmod 600 {secret}'"):
        pair.a.start_control()
    os.chmod(secret, 0o600)
    pair.a.start_control()
    # A reload that can't read it changes nothing.
    os.chmod(secret, 0o644)
    refused = pair.a.waggle("reload", check=False)
    assert refused.returncode == 3
    assert "may be used by others" in refused.stderr
    assert pair.a.waggle("announcement", "show").stdout


def test_announcements_of_strangers_are_refused(lab):
    pair = waggle_pair(lab, start=False)
    write_private(pair.b.directory / "blue.secret", "another secret that is long enough to be one\n")
    pair.a.start_dataplane()
    pair.a.start_control()
    pair.b.start_dataplane()
    pair.b.start_control()
    line = pair.b.waggle("announcement", "show").stdout.strip()
    refused = pair.a.waggle("announcement", "accept", line, check=False)
    assert refused.returncode == 3
    assert "is not authentic" in refused.stderr
    refused = pair.a.waggle("announcement", "accept", "rubbish", check=False)
    assert refused.returncode == 3
    assert "is no announcement" in refused.stderr
    assert not associations(pair.a)
