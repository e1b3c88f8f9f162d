"""What an idle host costs, and what a ping costs through two of them. Figures are printed; only what no slow machine can
explain is asserted."""

import os
import re
import time

from topology import Pair


def cpu_seconds(pid):
    fields = open(f"/proc/{pid}/stat", encoding="ascii").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_idle_host_sleeps(lab):
    pair = Pair(lab, workers=2)
    assert pair.a1.reaches("10.1.0.2")
    time.sleep(3)
    before, started = cpu_seconds(pair.a.dataplane.pid), time.monotonic()
    time.sleep(10)
    share = (cpu_seconds(pair.a.dataplane.pid) - before) / (time.monotonic() - started)
    print(f"idle dataplane with two workers: {share * 100:.2f} % of a core")
    # A poller that does not sleep uses 200 %, on a slow machine as on a fast one.
    assert share < 0.5


def test_ping_is_quick(lab):
    pair = Pair(lab)
    assert pair.a1.reaches("10.1.0.2")
    text = pair.a1.run("ping", "-n", "-q", "-c", "50", "-i", "0.05", "10.1.0.2").stdout
    average = float(re.search(r"= [\d.]+/([\d.]+)/", text).group(1))
    print(f"ping through two dataplanes: {average:.3f} ms on average")
    assert "50 received" in text
