"""tshark, given the keys, verifies and opens what Waggle hosts send each other in the docker profile. It knows the
8-byte ICV; the extended sequence numbers of the waggle profile it does not know."""

import pytest

from docker_esp import KEYS, encrypt, spi_of
from lab import wait_until
from topology import Pair, address_of
from traffic import Capture

FIELDS = ["esp.icv_good", "esp.protocol", "vxlan.vni", "esp.pad_len", "_ws.malformed"]


# What ESP takes of an underlay of 1500: by family, and whether it goes in UDP.
MTUS = {("ipv4", False): 1424, ("ipv6", False): 1404, ("ipv4", True): 1416, ("ipv6", True): 1396}


def with_keys(key, family):
    """tshark's options to open with `key` what both hosts send under the middle tag."""
    options = ["-o", "esp.enable_encryption_decode:TRUE", "-o", "esp.enable_authentication_check:TRUE"]
    tag, _ = KEYS[1]
    addresses = [address_of(family, number) for number in (1, 2)]
    for source, destination in (addresses, addresses[::-1]):
        spi = spi_of(tag, source, destination)
        association = (f'"{family.replace("ip", "IP")}","{source}","{destination}","{spi:#010x}","AES-GCM with 8 octet ICV [RFC4106]",'
                       f'"0x{key.hex()}{spi:08x}","NULL",""')
        options += ["-o", f"uat:esp_sa:{association}"]
    return options


@pytest.mark.parametrize("in_udp", [False, True])
@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_docker_profile(lab, family, in_udp):
    pair = Pair(lab, family, start=False)
    for host in pair.hosts:
        encrypt(host)
        if in_udp:
            host.config["peers"][0]["esp_in_udp"] = {"port": 4500, "keepalive": 0}
        host.start()
    assert pair.a1.reaches("10.1.0.2", timeout=30)
    capture = Capture(pair.b.namespace, "eth0", "ip proto 50 or ip6 proto 50 or udp")
    for size in range(16, 32):
        assert pair.a1.ping("10.1.0.2", count=1, size=size, wait=10) == (1, 1)
    assert pair.b1.ping("fd00:1::1", count=2, wait=10) == (2, 2)
    assert pair.b1.ping("10.1.0.1", count=1, size=MTUS[family, in_udp] - 28, dont_fragment=True, wait=10) == (1, 1)
    # 19 echoes and their replies, of 100 bytes and more.
    wait_until(lambda: capture.file.stat().st_size > 38 * 116, what="the capture to be written")
    capture.stop()

    assert not capture.fields(["frame.number"], "!esp"), "something but ESP is on the wire"
    rows = capture.fields(FIELDS, "esp", with_keys(KEYS[1][1], family))
    assert len(rows) >= 38
    assert len(capture.fields(["frame.number"], "udp.port == 4500")) == (len(rows) if in_udp else 0)
    for good, next_header, vni, _, malformed in rows:
        assert (good, next_header, vni, malformed) == ("1", "0x11", "4097", ""), rows
    assert {row[3] for row in rows} == {"0", "1", "2", "3"}
    for kind in ("icmp.type == 8", "icmp.type == 0", "icmpv6.type == 128", "icmpv6.type == 129"):
        assert capture.fields(["frame.number"], kind, with_keys(KEYS[1][1], family)), kind

    # The check is one: another key fits nothing, nor does the right one if a byte has changed.
    assert "1" not in {row[0] for row in capture.fields(FIELDS, "esp", with_keys(KEYS[0][1], family))}
    recorded = bytearray(capture.file.read_bytes())
    recorded[-20] ^= 1
    capture.file.write_bytes(recorded)
    verified = [row[0] for row in capture.fields(FIELDS, "esp", with_keys(KEYS[1][1], family))]
    assert verified == ["1"] * (len(rows) - 1) + ["0"]
