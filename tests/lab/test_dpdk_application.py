"""A DPDK application (testpmd, answering echo requests) attached by vhost-user and by memif."""

import shutil
import signal
import subprocess

import pytest

from hugepages import raise_hugepages
from lab import wait_until
from topology import Pair

MAC = "02:42:0a:01:00:64"


DEVICES = {
    "vhost-user": "net_virtio_user0,path={socket},mac={mac},packed_vq=1,queues=1",
    "memif": "net_memif0,role=client,id=0,socket={socket},socket-abstract=no,mac={mac}",
}


def start_testpmd(host, kind, socket, number):
    return host.namespace.popen(
        "dpdk-testpmd", "--in-memory", "--single-file-segments", "--no-pci", "--no-telemetry",
        f"--file-prefix={host.node}-{number}", "-m", "128", "--lcores", "0@0-1,1@0-1",
        f"--vdev={DEVICES[kind].format(socket=socket, mac=MAC)}", "--",
        "--forward-mode=icmpecho", "--auto-start", "--no-mlockall", "--total-num-mbufs=2048",
        stdout=open(host.directory / f"testpmd-{number}.log", "w", encoding="utf-8"),
        stderr=subprocess.STDOUT, stdin=subprocess.PIPE,
    )


@pytest.mark.skipif(shutil.which("dpdk-testpmd") is None, reason="dpdk-testpmd is not installed")
@pytest.mark.parametrize("kind", DEVICES)
def test_application_comes_dies_and_comes_again(lab, kind):
    if not raise_hugepages(192):
        pytest.skip("the kernel gives no hugepages for the DPDK application")
    pair = Pair(lab, start=False)
    socket = pair.a.directory / "app.sock"
    pair.a.config["endpoints"].append(
        {
            "name": "app",
            "overlay": "blue",
            "addresses": ["10.1.0.100"],
            "mac": MAC,
            "attachment": {"kind": kind, "socket": str(socket)},
        }
    )
    pair.b.remote_endpoint("app", "blue", ["10.1.0.100"], pair.a.node, MAC)
    for host in pair.hosts:
        host.start()

    application = start_testpmd(pair.a, kind, socket, 1)
    assert pair.b1.reaches("10.1.0.100", timeout=30), "over the tunnel"
    assert pair.a1.reaches("10.1.0.100", timeout=30), "from a container of the same host"

    # Killed under traffic: the dataplane goes on, and takes the next one.
    for number in (2, 3):
        flood = pair.b1.popen("ping", "-q", "-i", "0.002", "10.1.0.100", stdout=subprocess.DEVNULL)
        application.send_signal(signal.SIGKILL)
        application.wait(15)
        lab.processes.remove(application)
        assert pair.b1.ping("10.1.0.100", count=2, wait=1)[1] == 0
        assert pair.a.dataplane.poll() is None
        assert pair.b1.reaches("10.1.0.1"), "others are untouched"
        wait_until(lambda: pair.a.drops().get(("blue", "port_gone"), 0) > 0, what="port_gone to count")
        lab.end(flood)
        application = start_testpmd(pair.a, kind, socket, number)
        assert pair.b1.reaches("10.1.0.100", timeout=30)
    lab.end(application)
    assert pair.a.dataplane.poll() is None
