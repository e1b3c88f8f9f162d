"""The kernel's own ESP and vxlan, set up as Docker does it, as the other end of the docker profile. Kernels without
ESP or GCM (a container host has both, a small virtual machine may not) skip this and say what they lack."""

import json
import subprocess

import pytest

from docker_esp import KEYS, encrypt, spi_of
from lab import LabError, wait_until
from topology import Pair, add_kernel_host
from traffic import Capture, transfer

MARK = "0xd0c4e3"
MTU = 1424
HERE, WAGGLE = "192.0.2.9", "192.0.2.1"


def association(tag, key, source, destination):
    """What `ip` takes to make one of Docker's associations."""
    spi = spi_of(tag, source, destination)
    return ["xfrm", "state", "add", "src", source, "dst", destination, "proto", "esp", "spi", hex(spi), "reqid", MARK,
            "mode", "transport", "replay-window", "0", "aead", "rfc4106(gcm(aes))", f"0x{key.hex()}{spi:08x}", "64"]


def require_kernel_esp(lab):
    """Asks the kernel for one of Docker's associations: only that tells whether it can do them."""
    trial = lab.namespace("trial")
    tag, key = KEYS[1]
    done = trial.run("ip", *association(tag, key, HERE, WAGGLE), check=False)
    if done.returncode != 0:
        reason = " ".join((done.stderr or done.stdout).split())
        pytest.skip(f"this kernel has no ESP with rfc4106(gcm(aes)) in transport mode: ip xfrm state add: {reason}")


def protect(namespace, vni):
    """Docker's associations and policy towards Waggle's host, and its rules: what leaves for the VNI is marked, what
    arrives for it in clear is dropped."""
    for tag, key in KEYS[:3]:
        namespace.ip(*association(tag, key, WAGGLE, HERE))
    tag, key = KEYS[1]
    namespace.ip(*association(tag, key, HERE, WAGGLE))
    namespace.ip(
        "xfrm", "policy", "add", "src", f"{HERE}/32", "dst", f"{WAGGLE}/32", "proto", "udp", "dport", "4789", "dir", "out",
        "mark", MARK, "mask", "0xffffffff", "tmpl", "src", HERE, "dst", WAGGLE, "proto", "esp",
        "spi", hex(spi_of(tag, HERE, WAGGLE)), "reqid", MARK, "mode", "transport",
    )
    namespace.run("nft", "-f", "-", input_text=f"""
        table ip overlay {{
            chain output {{
                type route hook output priority mangle;
                udp dport 4789 @th,96,24 {vni} meta mark set {MARK}
            }}
            chain input {{
                type filter hook input priority filter;
                udp dport 4789 @th,96,24 {vni} meta ipsec missing drop
            }}
        }}
    """)


def iperf_bytes(server, client, address, amount, reverse):
    """How much of a TCP stream of `amount` bytes the receiver had read when the sender was done."""
    listener = server.popen("iperf3", "-s", "-1", "-B", address, stdout=subprocess.DEVNULL)
    wait_until(lambda: ":5201" in server.run("ss", "-Hlnt").stdout, what="iperf3 to listen")
    command = ["iperf3", "-c", address, "-n", str(amount), "-J"] + (["-R"] if reverse else [])
    report = json.loads(client.run(*command, check=False, timeout=180).stdout)
    server.lab.end(listener)
    if "error" in report:
        raise LabError(f"iperf3: {report['error']}")
    return report["end"]["sum_received"]["bytes"]


def test_kernel_esp_and_waggle_understand_each_other(lab):
    require_kernel_esp(lab)
    pair = Pair(lab, start=False)
    kernel, k1 = add_kernel_host(lab, pair.wire, pair.hosts, mtu=MTU)
    encrypt(pair.a)
    protect(kernel.namespace, 4097)
    pair.a.start()

    capture = Capture(kernel.namespace, "eth0", "proto 50 or udp port 4789")
    assert pair.a1.reaches("10.1.0.9", timeout=30)
    assert pair.a1.ping("10.1.0.9", count=20, interval=0.05) == (20, 20)
    assert k1.ping("10.1.0.1", count=20, interval=0.05) == (20, 20)
    assert k1.ping("fd00:1::1", count=5, interval=0.05) == (5, 5)
    assert pair.a1.ping("10.1.0.9", count=3, size=MTU - 28, dont_fragment=True) == (3, 3)
    assert k1.ping("10.1.0.1", count=3, size=MTU - 28, dont_fragment=True) == (3, 3)
    amount = 20_000_000
    # What is still under way when the sender is done is not in the figure.
    assert iperf_bytes(pair.a1, k1, "10.1.0.1", amount, reverse=False) > amount // 2
    assert iperf_bytes(pair.a1, k1, "10.1.0.1", amount, reverse=True) > amount // 2
    assert transfer(pair.a1, k1, "10.1.0.1", 5, lab.directory)
    assert transfer(k1, pair.a1, "10.1.0.9", 5, lab.directory)
    capture.stop()
    protocols = {row[0] for row in capture.fields(["ip.proto"])}
    assert protocols == {"50"}, protocols


def test_cleartext_of_the_kernel_is_refused(lab):
    pair = Pair(lab, start=False)
    _, k1 = add_kernel_host(lab, pair.wire, pair.hosts, mtu=MTU)
    encrypt(pair.a)
    pair.a.start()
    assert k1.ping("10.1.0.1", count=2, wait=1)[1] == 0
    wait_until(lambda: pair.a.drops().get(("blue", "cleartext"), 0) >= 1, what="cleartext to count")
