"""All that a stock Docker host sends comes by one security association, which one worker opens: under load the
other workers deliver it, and no flow gets out of order."""

import json
import signal
import subprocess
import time

from lab import wait_until
from test_encryption_keys import docker_pair
from test_encryption_load import lost_by_rotation

FLOWS = 16
SECONDS = 6


def delivered(host):
    """Packets that each worker took out of the tunnel."""
    counted = host.items("counters", "--workers")
    return {
        item["worker"]: item["value"]
        for item in counted
        if item["counter"] == "decapsulated_packets" and item["overlay"] == "blue" and item["value"]
    }


def test_workers_share_what_one_association_brings(lab):
    pair = docker_pair(lab, workers=2)
    assert pair.a1.reaches("10.1.0.2", timeout=30)
    before = lost_by_rotation(pair)
    # Without load all is done by the owner.
    assert pair.a1.ping("10.1.0.2", count=20, interval=0.01)[1] == 20
    assert len(delivered(pair.b)) == 1

    server = pair.b1.popen("iperf3", "-s", "-1", "-B", "10.1.0.2", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until(lambda: "5201" in pair.b1.run("ss", "-Hlnt").stdout, what="iperf3 to listen")
    client = pair.a1.popen(
        "iperf3", "-c", "10.1.0.2", "-u", "-l", "200", "-b", "2M", "-P", str(FLOWS), "-t", str(SECONDS), "--json",
        stdout=subprocess.PIPE, text=True,
    )
    # A dataplane that is held up now and then has bursts to work off, however fast the machine is.
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        pair.b.dataplane.send_signal(signal.SIGSTOP)
        time.sleep(0.1)
        pair.b.dataplane.send_signal(signal.SIGCONT)
        time.sleep(0.1)
    report = json.loads(client.communicate(timeout=60)[0])
    lab.end(server)

    shares = delivered(pair.b)
    assert len(shares) == 2 and min(shares.values()) > 100, shares
    streams = [each["udp"] for each in report["end"]["streams"]]
    assert len(streams) == FLOWS
    assert sum(each["packets"] for each in streams) > 1000
    assert not any(each["out_of_order"] for each in streams), streams
    assert lost_by_rotation(pair) == before
