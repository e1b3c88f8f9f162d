"""The arrangements of hosts that several labs share."""

from kernel_host import KernelHost
from lab import Switch
from waggle_host import WaggleHost, derived_mac, introduce


def address_of(family, number):
    return f"192.0.2.{number}" if family == "ipv4" else f"2001:db8::{number}"


def prefix_of(family):
    return 24 if family == "ipv4" else 64


def without_offloads(*namespaces):
    """Has each packet sent, received and summed singly, as NICs without offloads do."""
    for each in namespaces:
        each.run("ethtool", "-K", "eth0", "tx", "off", "rx", "off", "gso", "off", "tso", "off", "gro", "off", check=False)


class Pair:
    """Two Waggle hosts on one wire, a container on each, overlay "blue" between them."""

    def __init__(self, lab, family="ipv4", mtu=1500, udp_port=4789, offloads=True, flood=False, start=True, workers=1):
        self.wire = Switch(lab, mtu=mtu)
        self.hosts = []
        for number, name in ((1, "a"), (2, "b")):
            host = WaggleHost(lab, name)
            address = address_of(family, number)
            self.wire.connect(host.namespace, "eth0", [f"{address}/{prefix_of(family)}"])
            if not offloads:
                without_offloads(host.namespace)
            host.config["node"]["vtep"] = {family: address}
            host.config["node"]["udp_port"] = udp_port
            host.config["node"]["workers"] = workers
            host.overlay("blue", 4097, ["10.1.0.0/24", "fd00:1::/64"], **({"flood": True} if flood else {}))
            host.container(f"{name}1", "blue", [f"10.1.0.{number}", f"fd00:1::{number}"])
            self.hosts.append(host)
        introduce(*self.hosts)
        self.a, self.b = self.hosts
        self.a1 = self.a.containers["a1"]
        self.b1 = self.b.containers["b1"]
        if start:
            for host in self.hosts:
                host.start()


def add_kernel_host(lab, wire, hosts, family="ipv4", number=9, vni=4097, mtu=1450, port=4789, name="k", extra=()):
    """A kernel-vxlan host beside Waggle hosts: container `k1` with 10.1.0.<number>, told to everybody. To be called
    before the Waggle hosts start. Returns (host, container)."""
    kernel = KernelHost(lab, name)
    address = address_of(family, number)
    wire.connect(kernel.namespace, "eth0", [f"{address}/{prefix_of(family)}"])
    container = lab.namespace(f"{name}1")
    inside = [f"10.1.0.{number}", f"fd00:1::{number}"]
    mac = derived_mac(inside[0])
    device = kernel.overlay(vni, address, mtu, [f"{inside[0]}/24", f"{inside[1]}/64"], mac, container, port, extra=extra)
    for host in hosts:
        host.peer(kernel.node, **{family: address})
        host.remote_endpoint(f"{name}1", "blue", inside, kernel.node)
        for endpoint in host.config["endpoints"]:
            if "attachment" in endpoint:
                remote = derived_mac(endpoint["addresses"][0])
                kernel.learn(device, remote, host.config["node"]["vtep"][family], endpoint["addresses"])
    return kernel, container
