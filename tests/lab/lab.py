"""Hosts, wires and containers as network namespaces. Everything a lab makes carries the lab's prefix and is
removed by close(), also after a failure; only processes that the lab started are ended."""

import json
import os
import pathlib
import shutil
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
