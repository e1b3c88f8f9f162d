"""Two Waggle hosts and one kernel-vxlan host in namespaces; two overlays with overlapping subnets, the second of them
encrypted. Each step says what
it does and whether it came out as expected; the last line is the verdict."""

import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "lab"))

# pylint: disable=wrong-import-position
from kernel_host import KernelHost  # noqa: E402
from lab import Lab, LabError, Switch, run  # noqa: E402
from traffic import Capture, iperf  # noqa: E402
from waggle_host import WaggleHost, derived_mac, introduce  # noqa: E402

PICTURE = """
      alpha (Waggle)             beta (Waggle)             gamma (kernel vxlan)
   blue1   red1               blue2   red2                 blue3
  10.1.0.1 10.1.0.1          10.1.0.2 10.1.0.22           10.1.0.3
     |       |                  |       |                    |
   [ waggle-dataplane ]       [ waggle-dataplane ]       [ vxlan device ]
     192.0.2.1                  192.0.2.2                  192.0.2.3
         |                          |                          |
         +------- the wire: VXLAN in UDP 4789, red in ESP -------+
              blue = VNI 4097        red = VNI 4098, encrypted
"""

# Keys of the demo only, as a swarm's managers would hand them out: Lamport time and key. The middle one is sent with.
DEMO_KEYS = {1001: "000102030405060708090a0b0c0d0e0f", 1002: "101112131415161718191a1b1c1d1e1f",
             1003: "202122232425262728292a2b2c2d2e2f"}


class Story:
    """Prints the steps and remembers what failed."""

    def __init__(self):
        self.step_number = 0
        self.failures = []

    def step(self, text):
        self.step_number += 1
        print(f"\n{self.step_number}. {text}", flush=True)

    def expect(self, holds, text):
        print(f"   {'ok  ' if holds else 'FAIL'}  {text}", flush=True)
        if not holds:
            self.failures.append(text)


def build_hosts(lab):
    wire = Switch(lab)
    hosts = {}
    for number, name in ((1, "alpha"), (2, "beta")):
        host = WaggleHost(lab, name)
        wire.connect(host.namespace, "eth0", [f"192.0.2.{number}/24"])
        host.config["node"]["vtep"] = {"ipv4": f"192.0.2.{number}"}
        host.overlay("blue", 4097, ["10.1.0.0/24"])
        keys = host.directory / "docker.keys"
        keys.touch(0o600)
        keys.write_text("".join(f"{time} {key}\n" for time, key in DEMO_KEYS.items()))
        host.config["node"]["docker_encryption"] = {"keys": str(keys)}
        host.overlay("red", 4098, ["10.1.0.0/24"], encryption={"profile": "docker"})
        host.container(f"blue{number}", "blue", [f"10.1.0.{number}"])
        hosts[name] = host
    hosts["alpha"].container("red1", "red", ["10.1.0.1"])
    hosts["beta"].container("red2", "red", ["10.1.0.22"])
    alpha, beta = hosts["alpha"], hosts["beta"]
    introduce(alpha, beta)

    gamma = KernelHost(lab, "gamma")
    wire.connect(gamma.namespace, "eth0", ["192.0.2.3/24"])
    blue3 = lab.namespace("blue3")
    device = gamma.overlay(4097, "192.0.2.3", 1450, ["10.1.0.3/24"], derived_mac("10.1.0.3"), blue3)
    for number, host in enumerate((alpha, beta), start=1):
        host.peer(gamma.node, "192.0.2.3", overlays=["blue"])
        host.remote_endpoint("blue3", "blue", ["10.1.0.3"], gamma.node)
        gamma.learn(device, derived_mac(f"10.1.0.{number}"), f"192.0.2.{number}", [f"10.1.0.{number}"])
    return alpha, beta, gamma, blue3


def talk(story, lab, alpha, beta, blue3):
    blue1, red1 = alpha.containers["blue1"], alpha.containers["red1"]
    blue2, red2 = beta.containers["blue2"], beta.containers["red2"]

    story.step("Ping within the blue overlay, across all three hosts, and within red")
    for source, target, address in (
        (blue1, "blue2 on beta", "10.1.0.2"),
        (blue1, "blue3 on gamma (kernel)", "10.1.0.3"),
        (blue2, "blue3 on gamma (kernel)", "10.1.0.3"),
        (blue3, "blue1 on alpha", "10.1.0.1"),
        (red1, "red2 on beta", "10.1.0.22"),
    ):
        source.reaches(address)
        sent, received = source.ping(address, count=5)
        name = source.name.removeprefix(lab.prefix + "-")
        story.expect(received == sent, f"{name} -> {target}: {received} of {sent} echoes")

    story.step("iperf3 over TCP for two seconds each")
    for server, client, address, text in (
        (blue2, blue1, "10.1.0.2", "blue1 -> blue2, Waggle to Waggle"),
        (blue3, blue1, "10.1.0.3", "blue1 -> blue3, Waggle to kernel"),
        (blue1, blue3, "10.1.0.1", "blue3 -> blue1, kernel to Waggle"),
        (red2, red1, "10.1.0.22", "red1 -> red2, Waggle to Waggle"),
    ):
        rate = iperf(server, client, address, seconds=2)
        story.expect(rate > 1, f"{text}: {rate:,.0f} Mbit/s")

    story.step("Isolation: blue and red use the same subnet 10.1.0.0/24 and do not see each other")
    for source, address, text in (
        (red1, "10.1.0.2", "red1 does not reach blue2's 10.1.0.2"),
        (red1, "10.1.0.3", "red1 does not reach blue3's 10.1.0.3"),
        (blue1, "10.1.0.22", "blue1 does not reach red2's 10.1.0.22"),
    ):
        story.expect(source.ping(address, count=2, wait=1)[1] == 0, text)


def show_a_packet(story, alpha, beta):
    story.step("One packet on the wire, decoded by tshark")
    capture = Capture(beta.namespace, "eth0", "udp port 4789 and src 192.0.2.1")
    alpha.containers["blue1"].ping("10.1.0.2", count=1)
    capture.stop()
    decoded = run(["tshark", "-r", capture.file, "-c", "1", "-O", "vxlan", "-Y", "vxlan"]).stdout
    print("\n".join("   " + line for line in decoded.splitlines()))
    rows = capture.fields(["vxlan.vni", "_ws.malformed"], "vxlan")
    story.expect(bool(rows) and rows[0] == ["4097", ""], "VXLAN with VNI 4097 and nothing malformed")


def show_an_encrypted_packet(story, alpha, beta):
    story.step("The same ping in the encrypted overlay: ESP on the wire, opened by tshark with the demo's key")
    capture = Capture(beta.namespace, "eth0", "src 192.0.2.1 and (esp or udp port 4789)")
    alpha.containers["red1"].ping("10.1.0.22", count=1)
    capture.stop()
    sent = next(sa for sa in alpha.items("sa") if sa["direction"] == "out")
    salt = sent["spi"].removeprefix("0x")
    association = ('"IPv4","192.0.2.1","192.0.2.2","%s","AES-GCM with 8 octet ICV [RFC4106]","0x%s","NULL",""'
                   % (sent["spi"], DEMO_KEYS[1002] + salt))
    opened = ("-o", "esp.enable_encryption_decode:TRUE", "-o", f"uat:esp_sa:{association}")
    story.expect(not capture.fields(["vxlan.vni"], "vxlan.vni == 4098"), "nothing of red is seen in clear")
    rows = capture.fields(["esp.spi", "vxlan.vni", "icmp.type"], "esp && icmp", opened)
    print("\n".join("   ESP SPI %s, VNI %s, ICMP type %s" % tuple(row) for row in rows))
    story.expect(bool(rows) and rows[0][1:] == ["4098", "8"], "opened with the key, it is red's echo request")
    print("   $ waggle sa")
    print("\n".join("   " + line for line in alpha.waggle("sa").stdout.splitlines()))


def show_status(story, alpha):
    story.step("What host alpha says of itself: waggle status, endpoints, counters")
    for command in ("status", "endpoints", "counters"):
        done = alpha.waggle(command, check=False)
        print(f"   $ waggle {command}")
        print("\n".join("   " + line for line in (done.stdout + done.stderr).splitlines()))
    story.expect(alpha.waggle("diff", check=False).stdout == "", "waggle diff prints nothing: the host is healthy")


def main():
    story = Story()
    print(PICTURE)
    lab = Lab("demo")
    try:
        story.step("Make three hosts, five containers and the wire between them, as network namespaces")
        alpha, beta, _, blue3 = build_hosts(lab)
        story.step("Start waggle-dataplane and waggle-control on alpha and beta, each with its one YAML file")
        alpha.start()
        beta.start()
        story.expect(True, "both hosts are healthy")
        talk(story, lab, alpha, beta, blue3)
        show_a_packet(story, alpha, beta)
        show_an_encrypted_packet(story, alpha, beta)
        show_status(story, alpha)
        story.step("Stop both hosts cleanly")
        for host in (alpha, beta):
            for process in ("control", "dataplane"):
                code = host.stop(process)
                story.expect(code == 0, f"{host.name}: waggle-{process} stopped with exit code {code}")
    except (LabError, subprocess.SubprocessError, OSError) as failure:
        story.expect(False, str(failure))
    finally:
        story.step("Remove everything")
        lab.close()
    left = [line for line in run(["ip", "netns", "list"]).stdout.splitlines() if lab.prefix in line]
    story.expect(not left, "no namespace of the demo is left")

    if story.failures:
        print(f"\nVerdict: {len(story.failures)} of the demo's checks FAILED")
        return 1
    print("\nVerdict: everything worked")
    return 0


if __name__ == "__main__":
    sys.exit(main())
