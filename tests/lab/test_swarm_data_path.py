"""A swarm whose containers' traffic has a UDP port and addresses of its own (`docker swarm init --data-path-port
--data-path-addr`): a Waggle host takes the port from the managers, and publishes its VTEP in place of the address that the
gossip has."""

import pytest

from docker_engine import missing
from docker_swarm import DockerSwarm, local_address, membership
from lab import Lab, wait_until
from traffic import Capture

PORT = 7777

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "engines can run")


@pytest.fixture(scope="module")
def data_swarm():
    with Lab("data") as lab:
        yield DockerSwarm(lab, data_path_port=PORT)


def underlay_on(host, interface):
    """Lets the host carry VXLAN over that interface."""
    host.config["node"]["underlay"][0]["interface"] = interface


def listens(host, port):
    return f":{port} " in host.namespace.run("ss", "-Hlnu").stdout


def test_port_and_addresses_of_the_data_path_are_followed(lab, data_swarm):
    data_swarm.network("net1")
    stock = data_swarm.worker
    host = data_swarm.member(lab, "w", 1)
    underlay_on(host, "eth1")
    inside = host.container("web", "net1", "auto")
    host.start_dataplane()
    # As long as nobody told another, it is the file's.
    assert listens(host, 4789)
    host.start_control()
    data_swarm.wait_node(host)
    ours = local_address(host, "web")
    assert membership(host)["data_path_port"] == PORT
    wait_until(lambda: listens(host, PORT), what="the swarm's port to be listened on")
    assert not listens(host, 4789)

    theirs = stock.run_container("a1", "net1")
    there = stock.container("a1")
    capture = Capture(host.namespace, "eth1", f"udp port {PORT}")
    assert inside.reaches(theirs, timeout=30)
    assert there.reaches(ours, timeout=30)
    assert f"({ours})" in stock.docker("exec", "a1", "ping", "-c", "1", "web").stdout
    capture.stop()
    assert {address for row in capture.fields(["ip.src", "ip.dst"]) for address in row} == {"198.51.100.2", "198.51.100.101"}

    # A dataplane that starts anew is told again.
    host.kill("dataplane")
    host.start_dataplane()
    host.wait_healthy()
    assert inside.reaches(theirs, timeout=30)
    # So it is by a control that finds no manager.
    host.kill("control")
    data_swarm.manager.end()
    host.start_control()
    wait_until(lambda: membership(host)["state"] == "disconnected", what="the managers to be missed")
    assert listens(host, PORT)
    assert inside.ping(theirs, count=5, interval=0.05) == (5, 5)
    data_swarm.manager.start()
    data_swarm.wait_node(host)
    stock.remove_container("a1")

    # What a host does alone it does on the file's port again.
    host.waggle("leave")
    wait_until(lambda: listens(host, 4789) and not listens(host, PORT), what="the file's port")


def test_a_port_that_another_has_is_told(lab, data_swarm):
    data_swarm.network("net1")
    host = data_swarm.member(lab, "x", 2)
    underlay_on(host, "eth1")
    host.container("web", "net1", "auto")
    host.namespace.ip("link", "add", "vx0", "type", "vxlan", "id", "9", "dstport", str(PORT), "dev", "eth1", "remote",
                      "198.51.100.9")
    host.namespace.ip("link", "set", "vx0", "up")
    host.start_dataplane()
    host.start_control()
    wait_until(lambda: f":{PORT} is taken" in host.waggle("status", check=False).stdout, 60, "the clash to be told")
    assert listens(host, 4789)
    host.namespace.ip("link", "del", "vx0")
    wait_until(lambda: listens(host, PORT), 90, "the port to be taken once it is free")
