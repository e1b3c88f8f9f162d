"""Stock engines that form a swarm, made once for all tests of a module, and what the tests ask of it."""

import shutil
import subprocess
import tarfile

from docker_engine import DockerEngine
from lab import Switch, WaggleHost, wait_until
from swarm_worker import SwarmWorker


def image_archive(path):
    """An image of nothing but busybox, as a file for `docker import`."""
    busybox = shutil.which("busybox")
    names = subprocess.run([busybox, "--list"], check=True, capture_output=True, text=True).stdout.split()
    with tarfile.open(path, "w") as archive:
        archive.add(busybox, "bin/busybox")
        for name in names:
            if name != "busybox":
                link = tarfile.TarInfo(f"bin/{name}")
                link.type, link.linkname = tarfile.SYMTYPE, "busybox"
                archive.addfile(link)
    return path


class Network:
    """What the managers say of an overlay network."""

    def __init__(self, described):
        self.id = described["Id"]
        self.name = described["Name"]
        self.subnet = described["IPAM"]["Config"][0]["Subnet"]
        self.vni = int(described["Options"]["com.docker.network.driver.overlay.vxlanid_list"])


class DockerSwarm:
    """`managers` and then `workers` engines on one wire, 192.0.2.1 upward, with the lab's image each. Waggle hosts
    have addresses from 192.0.2.101."""

    def __init__(self, lab, managers=1, workers=1):
        self.lab = lab
        self.wire = Switch(lab)
        self.engines = []
        for number in range(1, managers + workers + 1):
            host = lab.namespace(f"d{number}")
            self.wire.connect(host, "eth0", [f"192.0.2.{number}/24"])
            self.engines.append(DockerEngine(lab, f"d{number}", host, f"192.0.2.{number}"))
        for engine in self.engines:
            engine.launch()
        archive = image_archive(lab.directory / "image.tar")
        for engine in self.engines:
            engine.wait_answers()
            engine.import_image(archive)
        self.manager = self.engines[0]
        self.worker = self.engines[-1]
        self.manager.docker("swarm", "init", "--advertise-addr", self.manager.address)
        self.token = self.join_token("worker")
        for number, engine in enumerate(self.engines[1:], 1):
            token = self.join_token("manager") if number < managers else self.token
            engine.docker("swarm", "join", "--token", token, "--advertise-addr", engine.address,
                          f"{self.manager.address}:2377")

    def join_token(self, role):
        return self.manager.docker("swarm", "join-token", "-q", role).stdout.strip()

    def network(self, name, *options):
        """An attachable overlay network."""
        self.manager.docker("network", "create", "-d", "overlay", "--attachable", *options, name)

        def allocated():
            described = self.manager.inspect("network", "inspect", name)
            return described if described["IPAM"]["Config"] and described["Options"] else None

        return Network(wait_until(allocated, 20, f"network {name} to be allocated"))

    def remove_network(self, name):
        # The managers take a moment to hear that its last container is gone.
        wait_until(lambda: self.manager.docker("network", "rm", name, check=False).returncode == 0, 20,
                   f"network {name} to be unused")

    def clear(self):
        """Removes all containers, so that the next test finds the engines as the first did."""
        for engine in self.engines:
            names = engine.docker("ps", "-aq").stdout.split()
            if names:
                engine.remove_container(*names)

    def gossip_keys(self):
        """The swarm's, the one that seals first; told to a worker of the lab's own, which runs nothing."""
        namespace = self.lab.namespace("agent")
        self.wire.connect(namespace, "eth0", ["192.0.2.99/24"])
        agent = SwarmWorker(namespace, self.lab.directory / "agent", self.manager.address, self.token)
        agent.become_worker()
        return agent.gossip_keys()

    def waggle_host(self, lab, name, number):
        """A host for Waggle on the engines' wire, not started."""
        host = WaggleHost(lab, name)
        address = f"192.0.2.{100 + number}"
        self.wire.connect(host.namespace, "eth0", [f"{address}/24"])
        host.config["node"]["vtep"] = {"ipv4": address}
        return host
