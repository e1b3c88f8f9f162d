"""Hosts, wires and containers as network namespaces. Everything a lab makes carries the lab's prefix and is
removed by close(), also after a failure; only processes that the lab started are ended."""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("WAGGLE_BUILD", REPOSITORY / "build"))


class LabError(Exception):
    """Something in the lab did not do what it was asked to."""


def run(arguments, check=True, timeout=60, input_text=None):
    """Runs a command to its end; returns the CompletedProcess with text output."""
    done = subprocess.run(
        [str(a) for a in arguments], capture_output=True, text=True, timeout=timeout, input=input_text
    )
    if check and done.returncode != 0:
        raise LabError(f"{' '.join(map(str, arguments))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def wait_until(condition, timeout=20.0, what="the condition", interval=0.05):
    """Polls until `condition()` is true; its last value is returned, or LabError raised."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise LabError(f"waited {timeout:.0f} s in vain for {what}")
        time.sleep(interval)


def is_served(path):
    """Whether a process listens at the unix socket; a killed one leaves the file behind."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


class NetworkNamespace:
    """A network namespace that is there: `path` names it."""

    def __init__(self, lab, name, path):
        self.lab = lab
        self.name = name
        self.path = path

    def prefix(self):
        # Not `ip netns exec`: its private mount namespace would hide namespaces that a process makes later.
        return ["nsenter", f"--net={self.path}", "--"]

    def run(self, *arguments, check=True, timeout=60, input_text=None):
        return run(self.prefix() + list(arguments), check=check, timeout=timeout, input_text=input_text)

    def ip(self, *arguments, check=True):
        return self.run("ip", *arguments, check=check)

    def ip_json(self, *arguments):
        return json.loads(self.ip("-json", *arguments).stdout or "[]")

    def popen(self, *arguments, **options):
        """Starts a process that close() ends if it still runs."""
        process = subprocess.Popen(self.prefix() + [str(a) for a in arguments], **options)
        self.lab.processes.append(process)
        return process

    def sysctl(self, key, value):
        self.run("sysctl", "-qw", f"{key}={value}")

    def ping(self, address, count=3, interval=0.2, size=None, dont_fragment=False, wait=2, deadline=None):
        """The numbers of sent and received echoes."""
        command = ["ping", "-n", "-q", "-c", str(count), "-i", str(interval), "-W", str(wait)]
        if size is not None:
            command += ["-s", str(size)]
        if dont_fragment:
            command += ["-M", "do"]
        if deadline is not None:
            command += ["-w", str(deadline)]
        done = self.run(*command, address, check=False, timeout=count * interval + wait + 60)
        for line in done.stdout.splitlines():
            if "packets transmitted" in line:
                words = line.split()
                return int(words[0]), int(words[3])
        return 0, 0

    def reaches(self, address, timeout=10, **options):
        """True as soon as one echo comes back within `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if self.ping(address, count=1, wait=1, **options)[1] == 1:
                return True
        return False


class Namespace(NetworkNamespace):
    """One that the lab makes: a host, a container, a router or a switch."""

    def __init__(self, lab, name):
        full = f"{lab.prefix}-{name}"
        super().__init__(lab, full, f"/run/netns/{full}")
        run(["ip", "netns", "add", self.name])
        self.ip("link", "set", "lo", "up")


class Lab:
    """Owns everything; use as a context manager."""

    def __init__(self, name):
        self.prefix = f"wg{os.getpid() % 100000}{name}"[:14]
        self.processes = []
        self.namespaces = []
        self.closers = []
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix=f"waggle-lab-{name}-"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def namespace(self, name):
        made = Namespace(self, name)
        self.namespaces.append(made)
        return made

    def link(self, end_a, name_a, end_b, name_b, mtu=1500):
        """A veth pair between two namespaces, both ends up."""
        run(
            ["ip", "-n", end_a.name, "link", "add", name_a, "mtu", mtu, "type", "veth"]
            + ["peer", "name", name_b, "mtu", mtu, "netns", end_b.name]
        )
        end_a.ip("link", "set", name_a, "up")
        end_b.ip("link", "set", name_b, "up")

    def end(self, process, timeout=15):
        """Ends a process politely, then not."""
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(timeout)
        if process in self.processes:
            self.processes.remove(process)
        return process.returncode

    def close(self):
        for close in reversed(self.closers):
            close()
        for process in list(reversed(self.processes)):
            self.end(process)
        for namespace in reversed(self.namespaces):
            run(["ip", "netns", "del", namespace.name], check=False)
        # Waggle's own namespaces of hosts that were killed and never came back.
        for left in pathlib.Path("/run/netns").glob(f"waggle-{self.prefix}*"):
            run(["ip", "netns", "del", left.name], check=False)
        shutil.rmtree(self.directory, ignore_errors=True)


class Switch:
    """A bridge in a namespace of its own: the wire between hosts."""

    def __init__(self, lab, name="wire", mtu=1500):
        self.lab = lab
        self.mtu = mtu
        self.namespace = lab.namespace(name)
        self.namespace.ip("link", "add", "br0", "mtu", str(mtu), "type", "bridge")
        self.namespace.ip("link", "set", "br0", "up")
        self.ports = 0

    def connect(self, host, interface="eth0", addresses=()):
        """Gives `host` an interface on the wire; returns the name of the switch's port."""
        self.ports += 1
        port = f"p{self.ports}"
        self.lab.link(host, interface, self.namespace, port, self.mtu)
        self.namespace.ip("link", "set", port, "master", "br0")
        for address in addresses:
            nodad = ["nodad"] if ":" in address else []
            host.ip("addr", "add", address, "dev", interface, *nodad)
        return port


class WaggleHost:
    """A host namespace with waggle-dataplane and waggle-control in it."""

    def __init__(self, lab, name, namespace=None):
        self.lab = lab
        self.name = name
        # The node's name is the lab's, so that Waggle's own namespace is told apart from other labs'.
        self.node = f"{lab.prefix}-{name}"
        self.namespace = namespace or lab.namespace(name)
        self.directory = lab.directory / name
        self.directory.mkdir()
        self.runtime = self.directory / "run"
        self.runtime.mkdir()
        self.config_file = self.directory / "waggle.yaml"
        self.dataplane = None
        self.control = None
        self.containers = {}
        self.config = {
            "node": {
                "name": self.node,
                "vtep": {},
                "underlay": [{"name": "wire", "kind": "packet", "interface": "eth0"}],
                "workers": 1,
                "memory": 192,
                "hugepages": "never",
                "runtime_directory": str(self.runtime),
                "state_directory": str(self.directory / "state"),
            },
            "overlays": [],
            "peers": [],
            "endpoints": [],
        }
        (self.directory / "state").mkdir()

    def write_config(self):
        # JSON is YAML.
        self.config_file.write_text(json.dumps(self.config, indent=1))

    def _start(self, program, log, wrapper=()):
        self.write_config()
        output = open(self.directory / log, "a", encoding="utf-8")
        command = [*wrapper, BUILD / program_path(program), "--config", self.config_file]
        process = self.namespace.popen(*command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        output.close()
        return process

    def start_dataplane(self):
        self.dataplane = self._start("waggle-dataplane", "dataplane.log")
        path = self.runtime / "dataplane.sock"
        wait_until(lambda: self._alive(self.dataplane, "dataplane.log") and is_served(path), what=f"{path} to be served")

    def start_control(self, wrapper=()):
        self.control = self._start("waggle-control", "control.log", wrapper)
        path = self.runtime / "control.sock"
        wait_until(lambda: self._alive(self.control, "control.log") and is_served(path), what=f"{path} to be served")

    def start(self):
        self.start_dataplane()
        self.start_control()
        self.wait_healthy()

    def _alive(self, process, log):
        if process.poll() is not None:
            raise LabError(f"{log}: the process ended with {process.returncode}\n{self.log(log)}")
        return True

    def log(self, name):
        return (self.directory / name).read_text(encoding="utf-8", errors="replace")

    def waggle(self, *arguments, check=True, timeout=30):
        """The command line's CompletedProcess."""
        return self.namespace.run(
            BUILD / program_path("waggle"), "--config", self.config_file, *arguments, check=check, timeout=timeout
        )

    def query(self, *arguments):
        """The command's JSON."""
        return json.loads(self.waggle("--json", *arguments).stdout)

    def items(self, *arguments):
        return self.query(*arguments)["items"]

    def wait_healthy(self, timeout=30):
        def healthy():
            self._alive(self.control, "control.log")
            self._alive(self.dataplane, "dataplane.log")
            done = self.waggle("--json", "status", check=False)
            if done.returncode not in (0, 1):
                return False
            return control_status(json.loads(done.stdout)).get("healthy")

        try:
            wait_until(healthy, timeout, what=f"{self.name} to be healthy", interval=0.1)
        except LabError as failure:
            status = self.waggle("status", check=False)
            raise LabError(f"{failure}\n{status.stdout}{status.stderr}\n{self.log('control.log')}\n{self.log('dataplane.log')}") from failure

    def drops(self):
        """{(overlay, reason): packets} of everything that moved."""
        return {(i["overlay"], i["counter"]): i["value"] for i in self.items("counters")}

    def kill(self, which):
        """SIGKILL to "dataplane" or "control"."""
        process = getattr(self, which)
        process.send_signal(signal.SIGKILL)
        process.wait(15)
        self.lab.processes.remove(process)

    def stop(self, which):
        """SIGTERM; returns the exit code."""
        return self.lab.end(getattr(self, which))

    def reload(self):
        self.write_config()
        self.control.send_signal(signal.SIGHUP)

    # What goes into the file.
    def overlay(self, name, number, subnets, **more):
        self.config["overlays"].append({"name": name, "vni": number, "subnets": subnets, **more})

    def peer(self, node, ipv4=None, ipv6=None, overlays=None):
        vtep = {k: v for k, v in (("ipv4", ipv4), ("ipv6", ipv6)) if v}
        entry = {"name": node, "vtep": vtep}
        if overlays is not None:
            entry["overlays"] = overlays
        self.config["peers"].append(entry)

    def run_in(self, folder):
        """Has its runtime directory under `folder` from the next start on."""
        self.runtime = folder / self.name
        self.runtime.mkdir()
        self.config["node"]["runtime_directory"] = str(self.runtime)

    def container(self, name, overlay, addresses, **attachment):
        """A container namespace of this host, attached to `overlay` by the file."""
        namespace = self.lab.namespace(name)
        self.containers[name] = namespace
        self.config["endpoints"].append(
            {
                "name": name,
                "overlay": overlay,
                "addresses": addresses,
                "attachment": {"kind": "container", "path": namespace.path, **attachment},
            }
        )
        return namespace

    def remote_endpoint(self, name, overlay, addresses, host, mac=None):
        entry = {"name": name, "overlay": overlay, "addresses": addresses, "host": host}
        if mac:
            entry["mac"] = mac
        self.config["endpoints"].append(entry)


def program_path(program):
    return {
        "waggle-dataplane": "dataplane/waggle-dataplane",
        "waggle-control": "control/waggle-control",
        "waggle": "control/cli/waggle",
    }[program]


def control_status(status):
    """The control half of `waggle status --json`."""
    return status.get("control", status)


def introduce(*hosts):
    """Tells every host of the others' endpoints and VTEPs, as a file written for all of them would."""
    for host in hosts:
        for other in hosts:
            if other is host:
                continue
            vtep = other.config["node"]["vtep"]
            host.peer(other.node, vtep.get("ipv4"), vtep.get("ipv6"))
            for endpoint in other.config["endpoints"]:
                if endpoint.get("host", other.node) == other.node:
                    mac = endpoint.get("mac")
                    host.remote_endpoint(endpoint["name"], endpoint["overlay"], endpoint["addresses"], other.node, mac)


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


def derived_mac(address):
    """Docker's rule: 02:42 and the four bytes of the IPv4 address."""
    return "02:42:" + ":".join(f"{int(byte):02x}" for byte in address.split("/")[0].split("."))
