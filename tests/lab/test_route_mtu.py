"""A way to one host that carries less than the link: containers are told and go on with smaller packets."""

import pytest
from lab import wait_until
from test_encryption import docker_pair
from topology import Pair
from traffic import transfer


def told_mtu(container, address):
    """The path MTU that the container's kernel has learned; None if it has not."""
    for metric in container.ip_json("route", "get", address)[0].get("metrics", []):
        if "mtu" in metric:
            return metric["mtu"]
    return None


# 1,400 bytes less IP, UDP, VXLAN and Ethernet, and for Docker's ESP 26 more.
@pytest.mark.parametrize("make, inside", [(Pair, 1350), (docker_pair, 1324)], ids=["plain", "docker_esp"])
def test_containers_learn_the_mtu_of_a_route(lab, make, inside):
    pair = make(lab)
    assert pair.a1.reaches("10.1.0.2", timeout=30)
    largest = pair.a1.ip_json("link", "show", "eth0")[0]["mtu"]
    assert pair.a1.ping("10.1.0.2", size=largest - 28, dont_fragment=True) == (3, 3)
    peer = pair.b.config["node"]["vtep"]["ipv4"]
    pair.a.namespace.ip("route", "replace", f"{peer}/32", "dev", "eth0", "mtu", "1400")
    for address, headers in (("10.1.0.2", 28), ("fd00:1::2", 48)):

        def told(to=address, size=largest - headers):
            pair.a1.ping(to, count=1, size=size, dont_fragment=True, wait=1)
            return told_mtu(pair.a1, to)

        assert wait_until(told, 20, "the container to be told") == inside
        assert pair.a1.ping(address, size=inside - headers, dont_fragment=True) == (3, 3)
        assert pair.a1.ping(address, size=inside - headers + 1, dont_fragment=True, count=1)[1] == 0
    # A connection learns on its way, and the other direction has the whole link.
    assert transfer(pair.b1, pair.a1, "10.1.0.2", 10, lab.directory)
    assert transfer(pair.a1, pair.b1, "10.1.0.1", 10, lab.directory)
    assert pair.a.waggle("counters").stdout.count("oversize") > 0


if __name__ == "__main__":
    pytest.main([__file__])
