"""Waggle hosts of a lab, and how they learn of one another."""

import json
import signal
import subprocess

from lab import BUILD, LabError, is_served, wait_until


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


def derived_mac(address):
    """Docker's rule: 02:42 and the four bytes of the IPv4 address."""
    return "02:42:" + ":".join(f"{int(byte):02x}" for byte in address.split("/")[0].split("."))
