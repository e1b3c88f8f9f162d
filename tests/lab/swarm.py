"""Waggle hosts that know nothing of each other but seeds and keys."""

import os
import secrets

from lab import LabError, Switch, wait_until
from waggle_host import WaggleHost


class Swarm:
    """Hosts on one wire with overlay "blue", a container each; the first two are the seeds unless others are
    given."""

    def __init__(self, lab, names="abc", addresses=None, encrypted=False, seeds=("192.0.2.1", "192.0.2.2"), start=True):
        self.seeds = list(seeds)
        self.lab = lab
        self.wire = Switch(lab)
        self.key = secrets.token_hex(16)
        self.secret = secrets.token_hex(32)
        self.encrypted = encrypted
        self.hosts = {}
        for name in names:
            self.add(name, addresses)
        if start:
            self.start()

    def start(self):
        for host in self.hosts.values():
            host.start_dataplane()
        for host in self.hosts.values():
            host.start_control()

    def add(self, name, addresses=None):
        number = len(self.hosts) + 1
        host = WaggleHost(self.lab, name)
        self.wire.connect(host.namespace, "eth0", [f"192.0.2.{number}/24"])
        host.config["node"]["vtep"] = {"ipv4": f"192.0.2.{number}"}
        keys = private_file(host.directory / "gossip.keys", self.key)
        host.config["gossip"] = {"seeds": self.seeds, "keys": str(keys)}
        more = {}
        if self.encrypted:
            more["encryption"] = {"profile": "waggle", "secret": str(private_file(host.directory / "blue.secret", self.secret))}
        host.overlay("blue", 4097, ["10.1.0.0/24"], **more)
        host.container(f"{name}1", "blue", addresses or [f"10.1.0.{10 + number}"])
        self.hosts[name] = host
        return host

    def set_keys(self, name, keys):
        private_file(self.hosts[name].directory / "gossip.keys", "\n".join(keys))

    def power_cut(self, name):
        """The host is off the wire, and both its processes end at once."""
        host = self.hosts[name]
        host.namespace.ip("link", "set", "eth0", "down")
        host.kill("control")
        host.kill("dataplane")

    def power_on(self, name):
        host = self.hosts[name]
        host.namespace.ip("link", "set", "eth0", "up")
        host.start_dataplane()
        host.start_control()

    def split(self, side, other):
        """Nothing of the hosts `side` reaches the hosts `other` any more, nor the other way round."""
        one, two = (", ".join(self.address(name) for name in names) for names in (side, other))
        self.wire.namespace.run("nft", "-f", "-", input_text=f"""
            table bridge split {{
                chain forward {{
                    type filter hook forward priority 0; policy accept;
                    ip saddr {{ {one} }} ip daddr {{ {two} }} drop
                    ip saddr {{ {two} }} ip daddr {{ {one} }} drop
                }}
            }}""")

    def heal(self):
        self.wire.namespace.run("nft", "delete", "table", "bridge", "split")

    def address(self, name):
        return self.hosts[name].config["node"]["vtep"]["ipv4"]

    def state(self, viewer):
        """What a host knows of all endpoints, as far as it is the same on all hosts."""
        return sorted(
            (each["name"], tuple(each["addresses"]), each["mac"], each["host"].removeprefix(f"{self.lab.prefix}-"))
            for each in self.hosts[viewer].items("endpoints")
        )

    def wait_equal(self, viewers, names, timeout=60):
        """Until these hosts know exactly these endpoints, each with an address, and the same of each; returns them."""
        seen = {}

        def equal():
            for viewer in viewers:
                seen[viewer] = self.state(viewer)
            first = seen[viewers[0]]
            whole = [each[0] for each in first] == sorted(names) and all(each[1] for each in first)
            return whole and all(seen[viewer] == first for viewer in viewers)

        try:
            wait_until(equal, timeout=timeout, interval=0.1, what=f"{viewers} to have the same state")
        except LabError as failure:
            raise LabError(f"{failure}: {seen}") from failure
        return {each[0]: each for each in seen[viewers[0]]}

    def container(self, name):
        return self.hosts[name].containers[f"{name}1"]

    def wait_healthy(self):
        for host in self.hosts.values():
            host.wait_healthy(timeout=60)

    def wait_known(self, viewer, name, known=True, timeout=60):
        """Until `viewer` has the endpoint of host `name`, or has it no more."""

        def there():
            names = [each["name"] for each in self.hosts[viewer].items("endpoints")]
            return (f"{name}1" in names) == known

        wait_until(there, timeout=timeout, what=f"{viewer} to {'know' if known else 'forget'} {name}1")


def private_file(path, text):
    path.write_text(text + "\n", encoding="ascii")
    os.chmod(path, 0o600)
    return path
