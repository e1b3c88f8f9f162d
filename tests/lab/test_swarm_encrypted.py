"""An overlay network made with --opt encrypted: two Waggle hosts talk on it, and agree with the stock engine about every
association. Whether the engine's kernel can carry ESP is not asked here."""

import re

import pytest
from docker_esp import spi_of
from docker_swarm import local_address, membership, private_file, remote_endpoints
from lab import wait_until
from traffic import Capture, PingStream, transfer


def engine_associations(engine, peer):
    """{("in" or "out", SPI)} of what the engine shares with a peer, in the peer's eyes, by the engine's log."""
    made = set()
    for line in engine.log().splitlines():
        found = re.search(r"Adding:? ([rf])SA{Dst: ([\d.]+), Src: ([\d.]+), .*?SPI: (0x[0-9a-f]+)", line)
        if found and peer in found.groups():
            made.add(("out" if found[1] == "r" else "in", f"{int(found[4], 16):#010x}"))
    return made


def mtu_of(container):
    return container.ip_json("link", "show", "eth0")[0]["mtu"]


def our_associations(host, vtep):
    return {(each["direction"], each["spi"]) for each in host.items("sa") if each["vtep"] == vtep}


@pytest.fixture
def pair(lab, memory, swarm):
    """Two Waggle hosts with a container each on network sealed, and a stock one on the manager."""
    swarm.network("sealed", "--opt", "encrypted")
    theirs = swarm.manager.run_container("a1", "sealed")
    hosts = [swarm.member(lab, name, number) for number, name in enumerate("vw", 1)]
    containers = [host.container(f"{host.name}1", "sealed", "auto") for host in hosts]
    for host in hosts:
        host.run_in(memory)
        host.start()
    addresses = [local_address(host, f"{host.name}1") for host in hosts]
    for host, other in zip(hosts, reversed(addresses)):
        wait_until(lambda h=host, o=other: {o, theirs} <= remote_endpoints(h, "sealed").keys(), 30, "all endpoints")
    return hosts, containers, addresses, theirs


def test_waggle_hosts_talk_and_agree_with_the_engine(lab, swarm, pair):
    (v, w), (v1, w1), (ours, other), theirs = pair
    manager, vteps = swarm.manager, [host.config["node"]["vtep"]["ipv4"] for host in (v, w)]
    assert v1.reaches(other)
    capture = Capture(w.namespace, "eth0", "proto 50 or udp port 4789")
    # What stock hosts leave of 1500: tunnel and ESP take 76.
    assert v1.ping(other, size=1424 - 28, dont_fragment=True) == (3, 3)
    assert v1.ping(other, size=1424 - 27, dont_fragment=True, count=1)[1] == 0
    assert transfer(v1, w1, ours, 10, lab.directory) and transfer(w1, v1, other, 10, lab.directory)
    # Nothing goes to the engine in clear or comes from it so; there its kernel decides.
    for target in (v1, w1):
        target.ping(theirs, count=2, wait=1)
    manager.container("a1").ping(other, count=2, wait=1)
    capture.stop()
    packets = capture.fields(["ip.proto", "esp.spi", "ip.src", "ip.dst"])
    assert len(packets) > 1000 and {packet[0] for packet in packets} == {"50"}
    keys = {key["lamport_time"] for key in membership(w)["keys"] if "ipsec" in key["purpose"]}
    assert len(keys) == 3
    middle = sorted(keys)[1]
    for _, spi, source, destination in packets:
        assert int(spi, 16) == spi_of(middle, source, destination)
    # The engine receives what is sent to it under any of three keys, and sends under the middle one, as we do.
    for host, vtep in zip((v, w), vteps):
        outbound = {("out", f"{spi_of(key, vtep, manager.address):#010x}") for key in keys}
        inbound = {("in", f"{spi_of(key, manager.address, vtep):#010x}") for key in keys}
        sent = ("out", f"{spi_of(middle, vtep, manager.address):#010x}")
        received = ("in", f"{spi_of(middle, manager.address, vtep):#010x}")
        assert our_associations(host, manager.address) == inbound | {sent}
        assert engine_associations(manager, vtep) == outbound | {received}
    # The engine has the peers' places, whatever its kernel can do with them.
    forwards = manager.forwards(swarm.networks["sealed"].id)
    assert set(vteps) <= set(forwards.values())


def permit(host, network="sealed"):
    """Leave in the host's file to use the waggle profile on a network."""
    secret = private_file(host.directory / "sealed.secret", "YmVlcyB0ZWxsIGVhY2ggb3RoZXIgd2hlcmUgdGhpbmdzIGFyZQ==")
    host.config["swarm"]["encryption"] = [{"network": network, "secret": str(secret)}]
    host.write_config()
    host.waggle("reload")


def forbid(host):
    del host.config["swarm"]["encryption"]
    host.write_config()
    host.waggle("reload")


def profiles_sent_with(host, vtep):
    return {each["profile"] for each in host.items("sa")
            if each["vtep"] == vtep and each["direction"] == "out" and each["state"] == "active"}


def packets_sent_with(host, vtep, profile):
    return sum(each["packets"] for each in host.items("sa")
               if each["vtep"] == vtep and each["direction"] == "out" and each["profile"] == profile)


def test_waggle_hosts_use_the_waggle_profile_where_both_may(lab, swarm, pair):
    (v, w), (v1, w1), (ours, other), _ = pair
    at_v, at_w = [host.config["node"]["vtep"]["ipv4"] for host in (v, w)]
    assert v1.reaches(other) and w1.reaches(ours)
    streams = [PingStream(v1, other, 0.005), PingStream(w1, ours, 0.005)]
    # One that may alone goes on as stock hosts do; what it announces is nothing to the others.
    permit(v)
    for stream in streams:
        stream.flow(200)
    assert profiles_sent_with(v, at_w) == profiles_sent_with(w, at_v) == {"docker"}

    permit(w)
    for host, vtep in ((v, at_w), (w, at_v)):
        wait_until(lambda h=host, t=vtep: packets_sent_with(h, t, "waggle") > 100, 30, "the waggle profile to be used")
        # Stock hosts know only Docker's.
        assert profiles_sent_with(host, swarm.manager.address) == {"docker"}
        assert mtu_of(host.containers[f"{host.name}1"]) == 1416
    assert v1.ping(other, size=1416 - 28, dont_fragment=True) == (3, 3)
    assert transfer(v1, w1, ours, 10, lab.directory)
    before = packets_sent_with(v, at_w, "docker")
    for stream in streams:
        stream.flow(100)
    assert packets_sent_with(v, at_w, "docker") == before

    # Control that starts again goes on with what was agreed.
    spis = {each["spi"] for each in v.items("sa") if each["profile"] == "waggle"}
    v.kill("control")
    v.start_control()
    v.wait_healthy()
    assert {each["spi"] for each in v.items("sa") if each["profile"] == "waggle"} == spis
    for stream in streams:
        stream.flow(100)
    assert packets_sent_with(v, at_w, "docker") == before

    forbid(w)
    for host, vtep in ((v, at_w), (w, at_v)):
        wait_until(lambda h=host, t=vtep: profiles_sent_with(h, t) == {"docker"}, 30, "Docker's profile to be used")
    for stream in streams:
        stream.flow(100)
    # The other still has the smaller MTU, and takes what the network's allows.
    assert mtu_of(v1) == 1416 and mtu_of(w1) == 1424
    assert w1.ping(ours, size=1424 - 28, dont_fragment=True) == (3, 3)
    for stream in streams:
        due, came = stream.stop()
        assert came == due, (came, due, v.drops(), w.drops())


if __name__ == "__main__":
    pytest.main([__file__])
