"""Underlay NICs that DPDK owns: two hosts whose ethdev ports are joined to one another, a vhost-user one and a virtio one.
What is not Waggle's goes through their exception interfaces, which have the hosts' addresses."""

import pytest

from docker_esp import encrypt
from hugepages import raise_hugepages
from lab import wait_until
from traffic import Capture, PingStream, iperf, transfer
from waggle_host import WaggleHost, introduce


def start_dataplane(host):
    host.start_dataplane()
    wait_until(lambda: any(link["ifname"] == "wgnic" for link in host.namespace.ip_json("link")), what="wgnic")
    host.namespace.ip("link", "set", "wgnic", "up")
    host.namespace.ip("addr", "replace", f"{host.config['node']['vtep']['ipv4']}/24", "dev", "wgnic")


class Joined:
    """Two hosts without any other wire, a container on each."""

    def __init__(self, lab, encrypted):
        wire = lab.directory / "wire.sock"
        devices = {"a": f"net_vhost0,iface={wire},queues=1", "b": f"net_virtio_user0,path={wire},queues=1,packed_vq=1"}
        self.hosts = []
        for number, (name, device) in enumerate(devices.items(), 1):
            host = WaggleHost(lab, name)
            host.config["node"] |= {
                "vtep": {"ipv4": f"192.0.2.{number}"},
                "hugepages": "required",
                "underlay": [{"name": "nic", "kind": "ethdev", "device": device, "exception_interface": "wgnic"}],
            }
            host.overlay("blue", 4097, ["10.1.0.0/24", "fd00:1::/64"])
            host.container(f"{name}1", "blue", [f"10.1.0.{number}", f"fd00:1::{number}"])
            if encrypted:
                encrypt(host)
            self.hosts.append(host)
        introduce(*self.hosts)
        self.a, self.b = self.hosts
        self.a1, self.b1 = self.a.containers["a1"], self.b.containers["b1"]
        for host in self.hosts:
            start_dataplane(host)
            host.start_control()


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "encrypted"])
def test_two_hosts_on_nics_of_dpdk(lab, encrypted):
    if not raise_hugepages(512):
        pytest.skip("the kernel gives too few hugepages for two dataplanes that share memory")
    pair = Joined(lab, encrypted)
    for host in pair.hosts:
        host.wait_healthy()
    # The hosts themselves, by the exception interfaces.
    assert pair.a.namespace.run("ping", "-c", "3", "-i", "0.2", "192.0.2.2").returncode == 0
    capture = Capture(pair.a.namespace, "wgnic", "udp port 4789 or proto 50")
    for target in ("10.1.0.2", "fd00:1::2"):
        assert pair.a1.reaches(target, timeout=30)
    mtu = 1424 if encrypted else 1450
    assert pair.a1.ping("10.1.0.2", size=mtu - 28, dont_fragment=True) == (3, 3)
    assert pair.a1.ping("10.1.0.2", size=mtu - 27, dont_fragment=True, count=1)[1] == 0
    assert transfer(pair.b1, pair.a1, "10.1.0.2", 20, lab.directory)
    assert transfer(pair.a1, pair.b1, "10.1.0.1", 20, lab.directory)
    assert iperf(pair.b1, pair.a1, "10.1.0.2", seconds=1) > 1
    capture.stop()
    assert capture.fields(["ip.src"]) == [], "what is Waggle's never gets to the kernel"
    for host in pair.hosts:
        assert host.waggle("diff").stdout == ""

    # Control of one end is killed and comes back under traffic; then the other dataplane.
    echoes = PingStream(pair.a1, "10.1.0.2", interval=0.005)
    echoes.flow()
    pair.a.kill("control")
    echoes.flow()
    pair.a.start_control()
    pair.a.wait_healthy()
    echoes.flow()
    due, came = echoes.stop()
    assert came == due, (pair.a.drops(), pair.b.drops())
    pair.b.kill("dataplane")
    start_dataplane(pair.b)
    pair.b.wait_healthy(timeout=60)
    assert pair.a1.reaches("10.1.0.2", timeout=30)
