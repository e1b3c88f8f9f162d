"""A host of a lab whose overlays are the kernel's."""


class KernelHost:
    """A host whose overlay is the kernel's own vxlan device, programmed as Docker does it: proxy, no learning,
    static forwarding and neighbour entries. Its single container is the namespace `inside`."""

    def __init__(self, lab, name, namespace=None):
        self.lab = lab
        self.name = name
        self.node = f"{lab.prefix}-{name}"
        self.namespace = namespace or lab.namespace(name)
        self.overlays = 0

    def overlay(self, number, local, mtu, addresses, mac, container, port=4789, group=None, extra=()):
        """A vxlan device bridged to a veth whose far end lies in the namespace `container`."""
        self.overlays += 1
        index = self.overlays
        host = self.namespace
        options = ["nolearning", "proxy"] if group is None else ["remote", group]
        host.ip(
            "link", "add", f"vx{index}", "mtu", str(mtu), "type", "vxlan", "id", str(number), "dstport", str(port),
            "local", local, *options, *extra,
        )
        host.ip("link", "add", f"br{index}", "mtu", str(mtu), "type", "bridge")
        self.lab.link(host, f"c{index}", container, "eth0", mtu)
        container.ip("link", "set", "eth0", "address", mac)
        for device in (f"vx{index}", f"c{index}"):
            host.ip("link", "set", device, "master", f"br{index}")
            host.ip("link", "set", device, "up")
        host.ip("link", "set", f"br{index}", "up")
        for address in addresses:
            nodad = ["nodad"] if ":" in address else []
            container.ip("addr", "add", address, "dev", "eth0", *nodad)
        return f"vx{index}"

    def learn(self, device, mac, vtep, addresses=()):
        """One remote endpoint: where its MAC lives and which addresses it has."""
        self.namespace.run("bridge", "fdb", "append", mac, "dev", device, "dst", vtep)
        for address in addresses:
            self.namespace.ip("neigh", "replace", address, "lladdr", mac, "dev", device, "nud", "permanent")
