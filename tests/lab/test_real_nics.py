"""What bench/pktgen/real_nics writes for a packet generator on real NICs, replayed from its own captures: the tested
host takes all of it."""

import pathlib
import subprocess
import time

import pytest

from lab import BUILD, wait_until
from waggle_host import WaggleHost, program_path

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "bench" / "pktgen" / "real_nics"
GENERATOR = "02:00:00:00:00:99"
ENTRIES = 100


def write(folder, *arguments, check=True):
    return subprocess.run(
        [SCRIPT, folder, "--nic-mac", "02:00:00:00:00:01", "--generator-mac", GENERATOR, "--entries", str(ENTRIES), *arguments],
        check=check, capture_output=True, text=True, timeout=60,
    )


def test_captures_are_whole_packets(tmp_path):
    write(tmp_path / "run", "--underlay", "0000:41:00.0", "--access", "0000:41:00.1")
    folder = tmp_path / "run"
    subprocess.run([BUILD / program_path("waggle"), "config", "check", folder / "waggle.yaml"], check=True, capture_output=True)
    captures = sorted(folder.glob("*.pcap"))
    assert len(captures) == 12
    for capture in captures:
        fields = ["frame.len", "vxlan.vni", "ip.src", "ip.checksum.status"]
        lines = subprocess.run(
            ["tshark", "-n", "-r", capture, "-o", "ip.check_checksum:TRUE", "-T", "fields",
             *(argument for field in fields for argument in ("-e", field))],
            check=True, capture_output=True, text=True,
        ).stdout.splitlines()
        direction, size = capture.stem.split("-")
        sealed = direction == "decapsulate"
        assert len(lines) == ENTRIES
        for line in lines:
            length, vni, _, status = line.split("\t")
            assert int(length) == int(size) + (50 if sealed else 0)
            assert vni == ("4097" if sealed else "")
            assert set(status.split(",")) == {"1"}, "a wrong IPv4 header checksum"
        assert len({line.split("\t")[2] for line in lines}) == (ENTRIES if sealed else 1)


@pytest.mark.parametrize(
    "wrong, told",
    [
        (["--vteps", "0"], "1 to 200"),
        (["--sizes", "9000"], "60 to 1518"),
        (["--nic-mac", "02:00"], "no MAC address"),
    ],
)
def test_wrong_arguments_are_told(tmp_path, wrong, told):
    done = write(tmp_path / "run", "--underlay", "a", "--access", "b", *wrong, check=False)
    assert done.returncode == 2 and told in done.stderr
    assert not (tmp_path / "run").exists()


def test_the_tested_host_carries_what_the_captures_hold(lab):
    host = WaggleHost(lab, "dut")
    folder = host.directory / "captures"
    # A device that plays a capture again and again, and sends nowhere.
    underlay = f"net_pcap7,rx_pcap={folder}/decapsulate-128.pcap,infinite_rx=1"
    access = f"net_pcap8,rx_pcap={folder}/encapsulate-128.pcap,infinite_rx=1"
    write(folder, "--underlay", underlay, "--access", access, "--hugepages", "never", "--sizes", "128", "--lcores", "0")
    text = (folder / "waggle.yaml").read_text(encoding="utf-8")
    places = f"  name: {host.node}\n  runtime_directory: {host.runtime}\n  state_directory: {host.directory}/state\n"
    host.config_file.write_text(text.replace("  name: dut\n", places), encoding="utf-8")
    host.write_config = lambda: None
    host.start_dataplane()
    wait_until(lambda: any(link["ifname"] == "wgnic" for link in host.namespace.ip_json("link")), what="wgnic")
    host.namespace.run("sh", folder / "neighbours.sh")
    host.start_control()
    host.wait_healthy()

    def counted():
        return {i["counter"]: i["value"] for i in host.items("counters") if i["overlay"] == "blue"}

    before = counted()
    time.sleep(0.5)
    moved = {name: value - before.get(name, 0) for name, value in counted().items()}
    assert moved["encapsulated_packets"] > 1000 and moved["decapsulated_packets"] > 1000, moved
    allowed = {"encapsulated_packets", "encapsulated_bytes", "decapsulated_packets", "decapsulated_bytes"}
    # A device without a transmit file takes nothing; that is counted, too.
    assert {name for name, value in moved.items() if value} <= allowed | {"port_full", "send_refused"}, moved
