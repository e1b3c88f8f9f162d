"""A stock Docker engine in a namespace of a lab, with its own mounts, and a swarm of such engines."""

import os
import shutil
import signal
import subprocess

from lab import LabError, run, wait_until

CGROUPS = ("cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids")

MOUNTS = """
mount --make-rprivate /
mount -t tmpfs none /sys/fs/cgroup
for c in {cgroups}; do mkdir /sys/fs/cgroup/$c; mount -t cgroup -o $c none /sys/fs/cgroup/$c; done
mkdir -p /run/docker /run/containerd
mount -t tmpfs none /run/docker
mount -t tmpfs none /run/containerd
exec dockerd -D -H unix://{folder}/docker.sock --data-root {folder}/data --exec-root {folder}/run \
    --pidfile {folder}/pid
"""


def available():
    return shutil.which("dockerd") is not None and shutil.which("docker") is not None


class DockerEngine:
    """One engine; `namespace` has its address already."""

    def __init__(self, lab, name, namespace, address):
        self.lab = lab
        self.namespace = namespace
        self.address = address
        self.folder = lab.directory / name
        self.folder.mkdir()
        self.socket = f"unix://{self.folder}/docker.sock"
        self.process = None
        lab.closers.append(self.stop)

    def start(self):
        namespace = self.namespace
        namespace.sysctl("net.ipv4.ip_forward", "1")
        script = MOUNTS.format(cgroups=" ".join(CGROUPS), folder=self.folder)
        # With a /sys of the namespace's own, as the engine's mounts need it.
        command = ["unshare", "-m", "sh", "-ec", f"mount -t sysfs none /sys\n{script}"]
        with open(self.folder / "log", "w", encoding="utf-8") as output:
            self.process = namespace.popen(
                *command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True
            )

        def answers():
            if self.process.poll() is not None:
                raise LabError(f"dockerd ended with {self.process.returncode}\n{self.log()[-4000:]}")
            return self.docker("info", check=False).returncode == 0

        wait_until(answers, 60, "dockerd to answer", interval=0.5)

    def docker(self, *arguments, check=True, timeout=60):
        return run(["docker", "-H", self.socket, *arguments], check=check, timeout=timeout)

    def log(self):
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def log_has(self, *parts):
        return any(all(part in line for part in parts) for line in self.log().splitlines())

    def stop(self):
        if self.process is None:
            return
        self.docker("swarm", "leave", "--force", check=False)
        process, self.process = self.process, None
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            # The engine's own containerd is in its session.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(15)
        if process in self.lab.processes:
            self.lab.processes.remove(process)
        # The engine leaves its namespace files mounted in its private mounts only; what is left are files.
        shutil.rmtree(self.folder, ignore_errors=True)
