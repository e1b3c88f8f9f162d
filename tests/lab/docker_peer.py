"""A Waggle host with an overlay encrypted as Docker does it, and a host made of scapy and OpenSSL beside it."""

from docker_esp import KEYS, association, encrypt
from esp_peer import EspPeer
from lab import Switch
from topology import address_of, prefix_of
from waggle_host import WaggleHost, derived_mac

LOCAL, REMOTE, STRANGER = (address_of("ipv4", number) for number in (9, 1, 66))
CONTAINER, OURS = "10.1.0.1", "10.1.0.9"
MAC = derived_mac(CONTAINER)

# Every reason for which a packet from another host's tunnel may be dropped.
INCOMING = {
    "esp_truncated", "reserved_spi", "unknown_spi", "esp_misaligned", "replayed", "replay_too_old",
    "authentication_failed", "esp_dummy", "esp_trailer", "esp_padding", "esp_next_header", "sealed_not_vxlan",
    "vxlan_truncated", "vxlan_flags", "unknown_vni", "cleartext", "sealed_for_plain", "wrong_association",
    "unknown_vtep", "outer_malformed", "inner_runt", "not_local",
}


class Arrangement:
    """Waggle host `a` with container `a1` on overlay blue, encrypted, and beside it the peer `s`."""

    def __init__(self, lab, family="ipv4", esp_in_udp=None):
        """`esp_in_udp`: as in the configuration of a peer."""
        self.udp_port = esp_in_udp["port"] if esp_in_udp else None
        self.local, self.remote = address_of(family, 9), address_of(family, 1)
        length = prefix_of(family)
        wire = Switch(lab)
        self.host = WaggleHost(lab, "a")
        wire.connect(self.host.namespace, "eth0", [f"{self.remote}/{length}"])
        self.host.config["node"]["vtep"] = {family: self.remote}
        self.host.overlay("blue", 4097, ["10.1.0.0/24"])
        self.host.overlay("plain", 4098, ["10.2.0.0/24"])
        self.container = self.host.container("a1", "blue", [CONTAINER])
        # An overlay without endpoints is none of this host.
        self.host.container("a2", "plain", ["10.2.0.1"])
        encrypt(self.host)
        self.namespace = lab.namespace("s")
        wire.connect(self.namespace, "eth0", [f"{a}/{length}" for a in (self.local, address_of(family, 66))])
        node = f"{lab.prefix}-s"
        self.host.peer(node, **{family: self.local})
        if esp_in_udp:
            self.host.config["peers"][-1]["esp_in_udp"] = esp_in_udp
        self.host.remote_endpoint("s1", "blue", [OURS], node)
        self.host.start()
        self.peer = self.another_peer(self.local)
        assert self.container.reaches(OURS, timeout=30)

    def another_peer(self, address):
        """One that claims to be `s1`'s host, at `address`."""
        incoming = [association(key, self.remote, address) for key in KEYS]
        outgoing = association(KEYS[1], self.local, self.remote)
        return EspPeer(
            self.namespace, address, self.remote, incoming, outgoing, derived_mac(OURS), OURS, udp_port=self.udp_port
        )

    def dropped(self):
        """Packets dropped on their way in, by reason, over all overlays."""
        sums = {}
        for (_, reason), packets in self.host.drops().items():
            if reason in INCOMING:
                sums[reason] = sums.get(reason, 0) + packets
        return sums
