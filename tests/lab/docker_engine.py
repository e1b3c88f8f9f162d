"""A stock Docker engine in a namespace of a lab, with mounts and processes of its own: its end is the end of all that
it started, and of all that it mounted."""

import json
import pathlib
import shutil
import subprocess

from lab import LabError, NetworkNamespace, run, wait_until

CGROUPS = ("cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids")

# The hierarchy called systemd is there only where something made it; runc insists on it then.
MOUNTS = """
mount --make-rprivate /
mount -t sysfs none /sys
mount -t tmpfs none /sys/fs/cgroup
for c in {cgroups}; do mkdir /sys/fs/cgroup/$c; mount -t cgroup -o $c none /sys/fs/cgroup/$c; done
if grep -q name=systemd: /proc/self/cgroup; then
    mkdir /sys/fs/cgroup/systemd
    mount -t cgroup -o none,name=systemd none /sys/fs/cgroup/systemd
fi
"""

# The shell stays, as the first process of the engine's process namespace: it collects what the engine orphans. Names
# that the engine does not know are refused at once, as nothing answers at its name server.
ENGINE = """
hostname {name}
mkdir -p /run/docker /run/containerd
mount -t tmpfs none /run/docker
mount -t tmpfs none /run/containerd
{program} -D -H unix://{folder}/docker.sock --data-root {folder}/data --exec-root {folder}/run --pidfile {folder}/pid \
    --cgroup-parent /{group} --dns 127.0.0.1 &
wait $!
"""

# Containers of an engine that was killed leave their control groups.
TIDY = """
for c in /sys/fs/cgroup/*; do if [ -d $c/{group} ]; then find $c/{group} -depth -type d -exec rmdir {{}} +; fi; done
"""

IMAGE = "bb:1"


def missing():
    """Why no engine can run here; empty if one can."""
    absent = [each for each in ("dockerd", "docker", "busybox") if shutil.which(each) is None]
    if absent:
        return f"needs {' and '.join(absent)} (packages docker.io, busybox-static)"
    return ""


def available():
    return not missing()


class DockerEngine:
    """One engine; `namespace` has its address already."""

    def __init__(self, lab, name, namespace, address, program="dockerd"):
        self.lab = lab
        self.name = name
        self.namespace = namespace
        self.address = address
        self.folder = lab.directory / name
        self.folder.mkdir()
        self.socket = f"unix://{self.folder}/docker.sock"
        self.program = program
        self.process = None
        lab.closers.append(self.stop)

    def start(self):
        self.launch()
        self.wait_answers()

    def launch(self):
        """Starts the engine, which takes seconds to answer."""
        self.namespace.sysctl("net.ipv4.ip_forward", "1")
        # Of an engine that was killed; in the new process namespace the numbers may be others' already.
        for left in ("pid", "run/containerd/containerd.pid"):
            (self.folder / left).unlink(missing_ok=True)
        with open(self.folder / "log", "a", encoding="utf-8") as output:
            self.process = self.namespace.popen(
                "unshare", "--mount", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc",
                "sh", "-ec", self._script(MOUNTS + ENGINE),
                stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            )

    def _script(self, text):
        group = self.lab.prefix + self.name
        return text.format(cgroups=" ".join(CGROUPS), folder=self.folder, group=group, name=self.name, program=self.program)

    def wait_answers(self):
        def answers():
            if self.process.poll() is not None:
                raise LabError(f"dockerd ended with {self.process.returncode}\n{self.log()[-4000:]}")
            return self.docker("info", check=False).returncode == 0

        wait_until(answers, 60, "dockerd to answer", interval=0.3)

    def docker(self, *arguments, check=True, timeout=60, input_text=None):
        return run(["docker", "-H", self.socket, *arguments], check=check, timeout=timeout, input_text=input_text)

    def inspect(self, *arguments):
        return json.loads(self.docker(*arguments).stdout)[0]

    def import_image(self, archive):
        self.docker("import", "--change", 'CMD ["/bin/sh"]', archive, IMAGE)

    def run_container(self, name, network, *options):
        """A stock container that does nothing; returns its address on `network`."""
        self.docker("run", "-d", "--name", name, "--network", network, "--stop-timeout", "0", *options, IMAGE,
                    "/bin/sleep", "100000")
        return self.address_of(name, network)

    def address_of(self, name, network):
        found = self.inspect("inspect", name)["NetworkSettings"]["Networks"][network]
        return found["IPAddress"]

    def remove_container(self, *names):
        self.docker("rm", "-f", *names)

    def container(self, name):
        """The network namespace of a container of this engine."""
        key = pathlib.Path(self.inspect("inspect", name)["NetworkSettings"]["SandboxKey"])
        return NetworkNamespace(self.lab, name, f"/proc/{self.first_process()}/root{key}")

    def overlay_namespace(self, network_id):
        """The namespace in which the engine keeps bridge and tunnel of an overlay network."""
        folder = pathlib.Path(f"/proc/{self.first_process()}/root{self.folder}/run/netns")
        found = wait_until(lambda: list(folder.glob(f"*-{network_id[:10]}")), 20, f"the engine's part of {network_id}")
        return NetworkNamespace(self.lab, network_id, str(found[0]))

    def load_balancer(self, network_id):
        """The namespace from which the engine sends on what came to services' virtual addresses, under an address of its
        own on the network."""
        path = f"/proc/{self.first_process()}/root{self.folder}/run/netns/lb_{network_id[:9]}"
        wait_until(pathlib.Path(path).exists, 20, f"the engine's load balancer on {network_id}")
        return NetworkNamespace(self.lab, "load balancer", path)

    def forwards(self, network_id):
        """{MAC: VTEP} that the engine has programmed into its tunnel of an overlay network."""
        lines = map(str.split, self.overlay_namespace(network_id).run("bridge", "fdb", "show").stdout.splitlines())
        # The kernel's tunnel learns from packets besides; that is not what the engine was told.
        return {words[0]: words[words.index("dst") + 1] for words in lines if {"dst", "permanent"} <= set(words)}

    def resolves(self, container, name):
        """The address that the engine's resolver has for a name within a container."""
        done = self.docker("exec", container, "nslookup", name, "127.0.0.11", check=False)
        after = done.stdout.partition("Name:")[2].split()
        return after[after.index("Address:") + 1] if "Address:" in after else None

    def first_process(self):
        """Seen from here, the process whose end ends all of the engine's."""
        task = self.process.pid
        return int(pathlib.Path(f"/proc/{task}/task/{task}/children").read_text().split()[0])

    def log(self):
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def log_has(self, *parts):
        return any(all(part in line for part in parts) for line in self.log().splitlines())

    def kill(self):
        """A power cut: engine and containers are gone at once."""
        first = pathlib.Path(f"/proc/{self.first_process()}")
        self.process.kill()
        self._ended()
        wait_until(lambda: not first.exists(), 20, "the engine's processes to be gone")

    def end(self, timeout=40):
        """Ends the engine as an operator does; what it was stays on the disk."""
        inside = ["nsenter", f"--target={self.first_process()}", "--pid", "--mount", "--"]
        run([*inside, "sh", "-c", f"kill -TERM $(cat {self.folder}/pid)"])
        self.process.wait(timeout)
        self._ended()

    def _ended(self):
        process, self.process = self.process, None
        process.wait(20)
        self.lab.processes.remove(process)

    def stop(self):
        """The end without ceremony: nothing of the engine is needed any more."""
        if self.process is not None and self.process.poll() is None:
            self.kill()
        self.namespace.run("unshare", "--mount", "sh", "-ec", self._script(MOUNTS + TIDY))
        shutil.rmtree(self.folder, ignore_errors=True)
