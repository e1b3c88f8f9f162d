"""Waggle hosts that know nothing of each other but seeds and keys."""

import os
import secrets

from lab import Switch, WaggleHost, wait_until


class Swarm:
    """Hosts on one wire with overlay "blue", a container each; the first two are the seeds."""

    def __init__(self, lab, names="abc", addresses=None, encrypted=False):
        self.lab = lab
        self.wire = Switch(lab)
        self.key = secrets.token_hex(16)
        self.secret = secrets.token_hex(32)
        self.encrypted = encrypted
        self.hosts = {}
        for name in names:
            self.add(name, addresses)
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
        host.config["gossip"] = {"seeds": ["192.0.2.1", "192.0.2.2"], "keys": str(keys)}
        more = {}
        if self.encrypted:
            more["encryption"] = {"profile": "waggle", "secret": str(private_file(host.directory / "blue.secret", self.secret))}
        host.overlay("blue", 4097, ["10.1.0.0/24"], **more)
        host.container(f"{name}1", "blue", addresses or [f"10.1.0.{10 + number}"])
        self.hosts[name] = host
        return host

    def set_keys(self, name, keys):
        private_file(self.hosts[name].directory / "gossip.keys", "\n".join(keys))

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
