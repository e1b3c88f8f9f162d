"""Stock engines that form a swarm, made once for all tests of a module, and what the tests ask of it."""

import json
import shutil
import subprocess
import tarfile

from docker_engine import DockerEngine
from lab import Switch, wait_until
from swarm_worker import SwarmWorker
from waggle_host import WaggleHost


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
        self.subnets = [each["Subnet"] for each in described["IPAM"]["Config"]]
        self.vnis = [int(each) for each in described["Options"]["com.docker.network.driver.overlay.vxlanid_list"].split(",")]
        self.vni = self.vnis[0]


class DockerSwarm:
    """`managers` and then `workers` engines on one wire, 192.0.2.1 upward, with the lab's image each. Waggle hosts
    have addresses from 192.0.2.101. With `data_path_port` a second wire carries the containers' traffic, to that UDP port,
    and engines and Waggle hosts have 198.51.100.1 and so on there."""

    def __init__(self, lab, managers=1, workers=1, program="dockerd", data_path_port=None):
        self.lab = lab
        self.wire = Switch(lab)
        self.data_wire = Switch(lab, "data") if data_path_port else None
        self.engines = []
        self.networks = {}
        self.keys = None
        for number in range(1, managers + workers + 1):
            host = lab.namespace(f"d{number}")
            self.connect(host, number)
            self.engines.append(DockerEngine(lab, f"d{number}", host, f"192.0.2.{number}", program))
        for engine in self.engines:
            engine.launch()
        archive = image_archive(lab.directory / "image.tar")
        for engine in self.engines:
            engine.wait_answers()
            engine.import_image(archive)
        self.managers = self.engines[:managers]
        self.manager = self.engines[0]
        self.worker = self.engines[-1]
        port = ["--data-path-port", str(data_path_port)] if data_path_port else []
        self.manager.docker("swarm", "init", "--advertise-addr", self.manager.address, *port, *self.data_path(1))
        self.token = self.join_token("worker")
        for number, engine in enumerate(self.engines[1:], 1):
            token = self.join_token("manager") if number < managers else self.token
            engine.docker("swarm", "join", "--token", token, "--advertise-addr", engine.address,
                          *self.data_path(number + 1), f"{self.manager.address}:2377")

    def connect(self, namespace, number):
        self.wire.connect(namespace, "eth0", [f"192.0.2.{number}/24"])
        if self.data_wire:
            self.data_wire.connect(namespace, "eth1", [f"198.51.100.{number}/24"])

    def data_path(self, number):
        return ["--data-path-addr", f"198.51.100.{number}"] if self.data_wire else []

    def join_token(self, role):
        return self.manager.docker("swarm", "join-token", "-q", role).stdout.strip()

    def network(self, name, *options):
        """An attachable overlay network, made if it is not there yet."""
        if name not in self.networks:
            self.manager.docker("network", "create", "-d", "overlay", "--attachable", *options, name)

            def allocated():
                described = self.manager.inspect("network", "inspect", name)
                return described if described["IPAM"]["Config"] and described["Options"] else None

            self.networks[name] = Network(wait_until(allocated, 20, f"network {name} to be allocated"))
        return self.networks[name]

    def remove_network(self, name):
        """The managers take it away once nothing is attached to it any more."""
        wait_until(lambda: self.manager.docker("network", "rm", name, check=False).returncode == 0, 20,
                   f"network {name} to be removed")
        self.networks.pop(name, None)

    def leader(self):
        """The engine that leads the managers."""
        names = [row["Hostname"] for row in self.nodes() if row["ManagerStatus"] == "Leader"]
        return next(each for each in self.managers if [each.name] == names)

    def is_led(self):
        """All managers are there and agree on a leader."""
        states = [row["ManagerStatus"] for row in self.nodes() if row["ManagerStatus"] and row["Status"] == "Ready"]
        return sorted(states) == ["Leader"] + ["Reachable"] * (len(self.managers) - 1)

    def nodes(self):
        """The rows of `docker node ls`; none if there is no leader at the moment."""
        living = next(each for each in self.managers if each.process is not None)
        rows = living.docker("node", "ls", "--format", "{{json .}}", check=False).stdout.splitlines()
        return [json.loads(row) for row in rows]

    def node(self, hostname):
        """The row of a host; empty if there is none."""
        found = [row for row in self.nodes() if row["Hostname"] == hostname]
        return found[-1] if found else {}

    def wait_node(self, host, status="Ready", timeout=60):
        wait_until(lambda: self.node(host.node).get("Status") == status, timeout,
                   f"{host.name} to be {status} in the managers' eyes", interval=0.2)

    def clear(self):
        """Removes what a test left: containers, and members that are gone."""
        for engine in self.engines:
            if engine.process is None:
                engine.start()
            names = engine.docker("ps", "-aq").stdout.split()
            if names:
                engine.remove_container(*names)
        for row in self.nodes():
            if row["Status"] == "Down":
                self.manager.docker("node", "rm", "--force", row["ID"], check=False)

    def gossip_keys(self):
        """The swarm's, the one that seals first; told to a worker of the lab's own, which runs nothing."""
        if self.keys is None:
            namespace = self.lab.namespace("agent")
            self.wire.connect(namespace, "eth0", ["192.0.2.99/24"])
            agent = SwarmWorker(namespace, self.lab.directory / "agent", self.manager.address, self.token)
            agent.become_worker()
            self.keys = agent.gossip_keys()
        return self.keys

    def waggle_host(self, lab, name, number):
        """A host for Waggle on the engines' wire, not started."""
        host = WaggleHost(lab, name)
        self.connect(host.namespace, 100 + number)
        host.config["node"]["vtep"] = {"ipv4": f"{'198.51.100' if self.data_wire else '192.0.2'}.{100 + number}"}
        return host

    def member(self, lab, name, number):
        """A Waggle host whose file tells it to be a worker of the swarm, not started."""
        host = self.waggle_host(lab, name, number)
        token = private_file(host.directory / "swarm.token", self.token)
        host.config["swarm"] = {"managers": [each.address for each in self.managers], "token": str(token)}
        if self.data_wire:
            host.config["swarm"]["advertise"] = f"192.0.2.{100 + number}"
        return host


def private_file(path, text):
    """What only its owner may read, as secrets in files have to be."""
    path.touch(mode=0o600)
    path.write_text(text + "\n", encoding="ascii")
    return path


def membership(host):
    """What `waggle node` tells, which fails while this host is no healthy member."""
    return json.loads(host.waggle("--json", "node", check=False).stdout)


def local_address(host, name, timeout=30):
    """The address that a container of this Waggle host was given, once it has it."""

    def given():
        for each in host.items("endpoints"):
            if each["name"] == name and each["local"] and each["state"] == "attached":
                return each["addresses"][0].split("/")[0]
        return None

    return wait_until(given, timeout, f"{name} to be attached")


def remote_endpoints(host, overlay):
    """{address: (name, MAC)} of what a Waggle host knows on other hosts."""
    return {
        each["addresses"][0].split("/")[0]: (each["name"], each["mac"])
        for each in host.items("endpoints")
        if not each["local"] and each["overlay"] == overlay
    }
