"""Wall clocks that jump are nothing to the gossip."""

import re
import time

from lab import BUILD
from swarm import Swarm
from traffic import PingStream


def test_wall_clocks_that_jump_are_harmless(lab):
    swarm = Swarm(lab, names="abc", encrypted=True, start=False)
    shim = ("env", f"LD_PRELOAD={BUILD}/tests/lab/libjumping_clock.so")
    for host in swarm.hosts.values():
        host.start_dataplane()
    for host in swarm.hosts.values():
        host.start_control(wrapper=shim)
    swarm.wait_equal("abc", {"a1", "b1", "c1"})
    swarm.wait_healthy()
    assert swarm.container("a").reaches("10.1.0.12", timeout=30)
    echoes = PingStream(swarm.container("a"), "10.1.0.12")
    # Longer than any suspicion, and every kind of jump.
    for _ in range(16):
        time.sleep(1)
        for host in swarm.hosts.values():
            host.waggle("reload")
    # What changes meanwhile gets through.
    extra = swarm.hosts["c"].container("c2", "blue", ["10.1.0.50"])
    swarm.hosts["c"].reload()
    swarm.wait_equal("abc", {"a1", "b1", "c1", "c2"})
    assert extra.reaches("10.1.0.11", timeout=30)
    echoes.flow()
    due, came = echoes.stop()
    assert came == due, f"{came} of {due} echoes came"
    for host in swarm.hosts.values():
        log = host.log("control.log")
        assert "is dead" not in log, log
        # The clock did jump: the log's own times tell.
        assert len(set(re.findall(r"^(\d{4}-\d\d-\d\d)", log, re.MULTILINE))) > 1, log
