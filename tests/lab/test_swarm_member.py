"""Membership in a stock Docker swarm without a dataplane: what the managers see and what they tell."""

import json
import subprocess

import pytest
from docker_engine import DockerEngine, available
from lab import BUILD, Switch, wait_until

pytestmark = pytest.mark.skipif(not available(), reason="needs dockerd and docker (package docker.io)")


class SwarmMember:
    """The lab's program in a namespace."""

    def __init__(self, namespace, folder, name):
        self.namespace, self.folder, self.name = namespace, folder, name
        folder.mkdir(exist_ok=True)
        self.process = None

    def start(self):
        with open(self.folder / "log", "a", encoding="utf-8") as output:
            self.process = self.namespace.popen(
                BUILD / "tests/lab/swarm_member", self.folder / "state", self.folder, self.name,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=output, text=True,
            )

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def view(self):
        return json.loads(self.ask("view"))

    def wait(self, condition, what, timeout=30):
        def holds():
            seen = self.view()
            return seen if condition(seen) else None

        try:
            return wait_until(holds, timeout, what, interval=0.1)
        except Exception as failure:
            raise AssertionError(f"{failure}\n{self.view()}\n{(self.folder / 'log').read_text()}") from failure

    def end(self, how="stop"):
        self.process.stdin.write(how + "\n")
        self.process.stdin.close()
        assert self.process.wait(20) == 0


def node(engine, name):
    """The node's fields of `docker node ls`."""
    for line in engine.docker("node", "ls", "--format", "{{json .}}").stdout.splitlines():
        fields = json.loads(line)
        if fields["Hostname"] == name:
            return fields
    return {}


@pytest.fixture
def swarm(lab):
    wire = Switch(lab)
    hosts = []
    for number in (1, 2):
        host = lab.namespace(f"h{number}")
        wire.connect(host, "eth0", [f"192.0.2.{number}/24"])
        hosts.append(host)
    manager = DockerEngine(lab, "d1", hosts[0], "192.0.2.1")
    manager.start()
    manager.docker("swarm", "init", "--advertise-addr", "192.0.2.1")
    token = manager.docker("swarm", "join-token", "-q", "worker").stdout.strip()
    member = SwarmMember(hosts[1], lab.directory / "member", "waggle1")
    member.start()
    return manager, member, token


def test_a_worker_of_a_stock_swarm(lab, swarm):
    manager, member, token = swarm
    # Another secret, another root.
    assert "do not take this join token" in member.ask(f"join {token[:-25]}{'0' * 25} 192.0.2.1:2377")
    digest = token.split("-")[2]
    assert "another root" in member.ask(f"join {token.replace(digest, digest[:-1] + ('1' if digest[-1] == '0' else '0'))} 192.0.2.1:2377")
    assert "can't be reached" in member.ask(f"join {token} 192.0.2.1:9")
    assert member.view()["phase"] == "outside"

    assert member.ask(f"join {token} 192.0.2.1:2377") == ""
    seen = member.wait(lambda v: v["phase"] == "ready" and v["complete"], "a session")
    assert len(seen["gossip_keys"]) == 3 and len(seen["ipsec_keys"]) == 3
    assert seen["managers"] == ["192.0.2.1:2377"] and seen["problem"] == ""
    wait_until(lambda: node(manager, "waggle1").get("Status") == "Ready", 20, "the node to be Ready")
    own = node(manager, "waggle1")
    assert own["ID"] == seen["node"] and own["TLSStatus"] == "Ready" and own["EngineVersion"].startswith("waggle-")

    # Networks and attachments.
    manager.docker("network", "create", "-d", "overlay", "--attachable", "--subnet", "10.9.0.0/24", "red")
    manager.docker("network", "create", "-d", "overlay", "--attachable", "--opt", "encrypted",
                   "--opt", "com.docker.network.driver.mtu=1400", "blue")
    manager.docker("network", "create", "-d", "overlay", "closed")
    member.ask("want c1=red c2=red c3=blue c4=closed c5=nowhere")
    seen = member.wait(lambda v: len(v["attachments"]) == 3 and len(v["refused"]) == 2, "three attachments")
    assert seen["networks"]["red"]["subnets"][0]["subnet"] == "10.9.0.0/24"
    assert not seen["networks"]["red"]["encrypted"]
    assert seen["networks"]["blue"]["encrypted"] and seen["networks"]["blue"]["mtu"] == 1400
    inspected = json.loads(manager.docker("network", "inspect", "red").stdout)[0]
    assert inspected["Id"] == seen["networks"]["red"]["id"]
    assert "not attachable" in seen["refused"]["c4"] and "no network nowhere" in seen["refused"]["c5"]
    member.wait(lambda v: inspected["Id"] in v["load_balancers"], "the load balancer's address")

    # One that appears later is asked for again by itself.
    manager.docker("network", "create", "-d", "overlay", "--attachable", "nowhere")
    member.wait(lambda v: "c5" in v["attachments"], "the late network", 60)
    member.ask("want c1=red c3=blue")
    member.wait(lambda v: set(v["attachments"]) == {"c1", "c3"} and v["refused"] == {}, "the others to go")
    # Nothing of this node uses it any more.
    wait_until(lambda: manager.docker("network", "rm", "nowhere", check=False).returncode == 0, 20, "the network to go")

    # A global service is rejected with the remedy.
    image = manager.folder / "image"
    image.mkdir()
    manager.namespace.run("sh", "-c", f"tar -C {image} -c . | docker -H {manager.socket} import - bb:1")
    manager.docker("service", "create", "-d", "--name", "all", "--mode", "global", "--no-resolve-image", "bb:1", "/x")
    member.wait(lambda v: v["rejected"] > 0, "a task to be rejected")
    listed = manager.docker("service", "ps", "--no-trunc", "--format", "{{.Node}} {{.CurrentState}} {{.Error}}", "all")
    assert "engine.labels.waggle!=true" in listed.stdout
    manager.docker("service", "rm", "all")

    # A restart without a token: the same node, the same attachments, adopted.
    before = member.view()
    member.process.kill()
    member.process.wait(10)
    member.start()
    seen = member.view()
    assert seen["attachments"] == before["attachments"] and seen["gossip_keys"] in ([], before["gossip_keys"])
    member.ask("want c1=red c3=blue")
    seen = member.wait(lambda v: v["phase"] == "ready" and v["complete"], "the session again")
    assert seen["node"] == before["node"] and seen["attachments"] == before["attachments"]

    # Drained and back.
    manager.docker("node", "update", "--availability", "drain", before["node"])
    member.wait(lambda v: "drained" in v["problem"], "the drain to be told")
    manager.docker("node", "update", "--availability", "active", before["node"])
    member.wait(lambda v: v["problem"] == "" and set(v["attachments"]) == {"c1", "c3"}, "the attachments again", 90)

    # The root is rotated under way.
    manager.docker("swarm", "ca", "--rotate", timeout=120)
    after = member.wait(lambda v: v["phase"] == "ready" and v["certificate_ends"] != before["certificate_ends"],
                        "a certificate of the new root", 60)
    assert after["node"] == before["node"]

    member.end("release")
    member.start()
    member.wait(lambda v: v["phase"] == "ready" and v["complete"] and v["attachments"] == {}, "a session without any")

    # Removed.
    manager.docker("node", "rm", "--force", before["node"])
    seen = member.wait(lambda v: v["phase"] == "expelled", "the removal", 60)
    assert "join again" in seen["problem"]
    token = manager.docker("swarm", "join-token", "-q", "worker").stdout.strip()
    assert member.ask(f"join {token} 192.0.2.1") == ""
    again = member.wait(lambda v: v["phase"] == "ready", "to be back")
    assert again["node"] != before["node"]
    assert member.ask("leave") == ""
    assert member.view()["phase"] == "outside"
    wait_until(lambda: node(manager, "waggle1").get("Status") == "Down", 60, "the node to be Down")
    member.end()
