"""What DPDK's telemetry tells of a running dataplane: the same as `waggle` does."""

import json
import pathlib
import socket

from lab import wait_until
from topology import Pair


class Telemetry:
    """A client of a dataplane's telemetry socket (packets of JSON both ways)."""

    def __init__(self, host):
        path = pathlib.Path(f"/var/run/dpdk/waggle_{host.node}/dpdk_telemetry.v2")
        wait_until(path.exists, what=f"{path}")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(10)
        self.socket.connect(str(path))
        self.longest = json.loads(self.socket.recv(1024))["max_output_len"]

    def ask(self, command):
        self.socket.send(command.encode())
        return json.loads(self.socket.recv(self.longest))[command.partition(",")[0]]

    def counters(self):
        """{(overlay, counter): value}, without zeros."""
        return {(overlay, name): value for overlay, values in self.ask("/waggle/counters").items()
                for name, value in values.items()}


def test_telemetry_tells_what_waggle_tells(lab):
    pair = Pair(lab, workers=2)
    assert pair.a1.reaches("10.1.0.2")
    assert pair.a1.ping("10.1.0.77", count=3, wait=1)[1] == 0
    telemetry = Telemetry(pair.a)
    assert {"/waggle/counters", "/waggle/overlays", "/waggle/ports"} <= set(telemetry.ask("/"))

    def equal():
        # Both are sums over workers; what goes on in between settles.
        sums = {}
        for each in pair.a.items("counters"):
            key = ("none" if each["overlay"] == "-" else "4097", each["counter"])
            sums[key] = sums.get(key, 0) + each["value"]
        told = telemetry.counters()
        return told if {key: value for key, value in sums.items() if value} == told else None

    told = wait_until(equal, what="telemetry to tell the same counters")
    assert told[("4097", "encapsulated_packets")] >= 1
    assert told[("4097", "neighbour_unknown")] >= 1
    assert telemetry.ask("/waggle/counters,4097").keys() == {"4097"}
    assert telemetry.ask("/waggle/counters,7") == {}
    assert telemetry.ask("/waggle/counters,x") is None
    assert telemetry.ask("/waggle/overlays") == {"4097": {"mtu": 1450, "flood": 0}}
    ports = {each["name"]: each for each in telemetry.ask("/waggle/ports").values()}
    assert {each["name"] for each in pair.a.items("ports")} == set(ports)
    assert ports["wire"]["kind"] == "packet" and ports["wire"]["up"] == 1 and ports["wire"]["sent_packets"] > 0

    # Without a dataplane there is no answer, and it ends cleanly with a client connected.
    assert pair.a.stop("dataplane") == 0
