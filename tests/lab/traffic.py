"""Traffic between namespaces and what came of it."""

import hashlib
import json
import re
import subprocess
import threading
import time

from lab import LabError, run, wait_until


def iperf(server, client, address, seconds=2, reverse=False, udp=False, more=()):
    """Mbit/s that arrived."""
    listener = server.popen("iperf3", "-s", "-1", "-B", address, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: "5201" in server.run("ss", "-Hlnt").stdout, what="iperf3 to listen")
        command = ["iperf3", "-c", address, "-t", str(seconds), "-J", *more]
        if reverse:
            command.append("-R")
        if udp:
            command += ["-u", "-b", "20M"]
        done = client.run(*command, check=False, timeout=seconds + 60)
        report = json.loads(done.stdout)
        if "error" in report:
            raise LabError(f"iperf3: {report['error']}")
        total = report["end"].get("sum_received") or report["end"]["sum"]
        return total["bits_per_second"] / 1e6
    finally:
        server.lab.end(listener)


def transfer(server, client, address, size, directory):
    """Sends a random file over TCP; true if it arrived byte for byte."""
    source = directory / "sent.bin"
    target = directory / "received.bin"
    run(["dd", "if=/dev/urandom", f"of={source}", "bs=1M", f"count={size}", "status=none"])
    family = "6" if ":" in address else "4"
    receive = (
        "import socket,sys\n"
        f"s=socket.socket(socket.AF_INET{'6' if family == '6' else ''});"
        "s.setsockopt(socket.SOL_SOCKET,socket.SO_REUSEADDR,1)\n"
        f"s.bind((sys.argv[1],7000));s.listen(1);c,_=s.accept()\n"
        "f=open(sys.argv[2],'wb')\n"
        "while True:\n d=c.recv(1<<20)\n if not d: break\n f.write(d)\n"
    )
    send = (
        "import socket,sys\n"
        "s=socket.create_connection((sys.argv[1],7000),20);f=open(sys.argv[2],'rb')\n"
        "while True:\n d=f.read(1<<20)\n if not d: break\n s.sendall(d)\n"
    )
    sink = server.popen("/usr/bin/python3", "-c", receive, address, target)
    wait_until(lambda: ":7000" in server.run("ss", "-Hlnt").stdout, what="the receiver to listen")
    client.run("/usr/bin/python3", "-c", send, address, source, timeout=120)
    sink.wait(60)
    return hashlib.sha256(source.read_bytes()).digest() == hashlib.sha256(target.read_bytes()).digest()


class PingStream:
    """A ping that runs beside what the test does; stop() tells how many echoes were due and how many came."""

    def __init__(self, namespace, address, interval=0.01):
        self.process = namespace.popen(
            "ping", "-n", "-i", str(interval), address, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.lab = namespace.lab
        self.numbers = set()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            match = re.search(r"bytes from .* icmp_seq=(\d+) ", line)
            if match:
                self.numbers.add(int(match.group(1)))

    def flow(self, count=20):
        """Waits until so many more echoes came: what follows happens under traffic, however fast the test is."""
        enough = len(self.numbers) + count
        wait_until(lambda: len(self.numbers) >= enough, timeout=60, what=f"{count} more echoes")

    def stop(self):
        """The echoes up to the last that came; later ones may still have been on their way."""
        self.process.send_signal(2)
        self.process.wait(20)
        self.reader.join(20)
        self.lab.processes.remove(self.process)
        return max(self.numbers, default=0), len(self.numbers)


class Capture:
    """tcpdump-like capture of one interface by tshark, read back as JSON or fields."""

    def __init__(self, namespace, interface, capture_filter="udp", directory=None):
        self.namespace = namespace
        self.file = (directory or namespace.lab.directory) / f"capture-{time.monotonic_ns()}.pcap"
        self.process = namespace.popen(
            "tshark", "-q", "-i", interface, "-f", capture_filter, "-w", self.file, "-F", "pcap",
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )
        started = threading.Event()

        def watch():
            for line in self.process.stderr:
                if "Capturing on" in line:
                    started.set()

        threading.Thread(target=watch, daemon=True).start()
        if not started.wait(20):
            raise LabError("tshark did not start capturing")
        wait_until(self.file.exists, what="the capture file")
        time.sleep(0.3)

    def stop(self):
        time.sleep(0.5)
        self.namespace.lab.end(self.process)
        return self.file

    def fields(self, names, display_filter="", options=()):
        """One list of field values a packet."""
        command = ["tshark", "-r", self.file, "-T", "fields", "-E", "separator=|", *options]
        if display_filter:
            command += ["-Y", display_filter]
        for name in names:
            command += ["-e", name]
        return [line.split("|") for line in run(command).stdout.splitlines()]
