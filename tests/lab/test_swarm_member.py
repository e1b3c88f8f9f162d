"""Membership in a stock Docker swarm without a dataplane: what the managers see and what they tell."""

import json
import signal
import subprocess
import time

import pytest
from docker_engine import missing
from docker_swarm import DockerSwarm
from lab import BUILD, Lab, wait_until

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "engines can run")


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
    for line in engine.docker("node", "ls", "--format", "{{json .}}", check=False).stdout.splitlines():
        fields = json.loads(line)
        if fields["Hostname"] == name:
            return fields
    return {}


@pytest.fixture(scope="module")
def swarm():
    with Lab("member") as lab:
        yield DockerSwarm(lab, managers=3, workers=0)


@pytest.fixture
def member(swarm, lab):
    """A host on the engines' wire with the lab's program, not joined."""
    number = 100 + swarm.wire.ports
    host = lab.namespace("host")
    swarm.wire.connect(host, "eth0", [f"192.0.2.{number}/24"])
    made = SwarmMember(host, lab.directory / "member", f"waggle{number}")
    made.start()
    yield made
    # A root rotation waits for every node that the managers still have in their list.
    if made.process.poll() is None:
        made.process.kill()
        made.process.wait(10)
    for engine in swarm.engines:
        listed = engine.docker("node", "ls", "--format", "{{.ID}} {{.Hostname}}", check=False)
        for line in listed.stdout.splitlines():
            if line.split()[1] == made.name:
                engine.docker("node", "rm", "--force", line.split()[0], check=False)


def join(swarm, member, *managers):
    answer = member.ask(" ".join(["join", swarm.token, *(managers or ["192.0.2.1:2377"])]))
    assert answer == ""
    return member.wait(lambda v: v["phase"] == "ready" and v["complete"], "a session")


def test_tokens_that_are_refused(swarm, member):
    token = swarm.token
    assert "do not take this join token" in member.ask(f"join {token[:-25]}{'0' * 25} 192.0.2.1:2377")
    digest = token.split("-")[2]
    other = digest[:-1] + ("1" if digest[-1] == "0" else "0")
    assert "another root" in member.ask(f"join {token.replace(digest, other)} 192.0.2.1:2377")
    assert "can't be reached" in member.ask(f"join {token} 192.0.2.1:9")
    assert member.view()["phase"] == "outside"
    # The second one is asked when the first fails, and one that does not lead passes it on.
    seen = join(swarm, member, "192.0.2.1:9", "192.0.2.3:2377")
    assert member.ask(f"join {token} 192.0.2.1:2377") == "this host is a node of a swarm already: leave it first"
    assert len(seen["gossip_keys"]) == 3 and len(seen["ipsec_keys"]) == 3
    member.wait(lambda v: len(v["managers"]) == 3 and v["problem"] == "", "the list of managers")
    wait_until(lambda: node(swarm.manager, member.name).get("Status") == "Ready", 20, "the node to be Ready")
    own = node(swarm.manager, member.name)
    assert own["ID"] == seen["node"] and own["TLSStatus"] == "Ready"
    assert own["EngineVersion"].startswith("waggle-")


def test_networks_and_attachments(swarm, member):
    join(swarm, member)
    red = swarm.network("red", "--subnet", "10.9.0.0/24", "--gateway", "10.9.0.254")
    blue = swarm.network("blue", "--opt", "encrypted", "--opt", "com.docker.network.driver.mtu=1400")
    swarm.manager.docker("network", "create", "-d", "overlay", "closed")
    member.ask("want c1=red c2=red c3=blue c4=closed c5=late")
    seen = member.wait(lambda v: len(v["attachments"]) == 3 and len(v["refused"]) == 2, "three attachments")
    assert "not attachable" in seen["refused"]["c4"] and "no network late" in seen["refused"]["c5"]
    assert seen["networks"]["red"] == {
        "id": red.id, "subnets": [{"subnet": "10.9.0.0/24", "vni": red.vni}], "encrypted": False, "attachable": True,
        "mtu": 0,
    }
    assert seen["networks"]["blue"]["encrypted"] and seen["networks"]["blue"]["mtu"] == 1400
    assert seen["networks"]["blue"]["subnets"] == [{"subnet": blue.subnet, "vni": blue.vni}]
    member.wait(lambda v: {red.id, blue.id} <= set(v["load_balancers"]), "the load balancers' addresses")

    # One that appears later is asked for again by itself.
    swarm.network("late")
    member.wait(lambda v: "c5" in v["attachments"], "the late network", 60)
    member.ask("want c1=red c3=blue")
    seen = member.wait(lambda v: set(v["attachments"]) == {"c1", "c3"} and not v["refused"], "the others to go")
    swarm.remove_network("late")

    # A restart without a token: the same node, the same attachments, before any manager is heard. What was heard is on
    # the disk half a second later.
    time.sleep(2)
    member.process.kill()
    member.process.wait(10)
    member.start()
    early = member.view()
    assert early["attachments"] == seen["attachments"] and early["node"] == seen["node"]
    member.ask("want c1=red c3=blue c6=red")
    later = member.wait(lambda v: v["complete"] and "c6" in v["attachments"], "the session again")
    assert {c: later["attachments"][c] for c in ("c1", "c3")} == seen["attachments"]

    # Given back at a stop that says so; a node without attachments leaves no address behind.
    member.end("release")
    member.start()
    member.wait(lambda v: v["complete"] and v["attachments"] == {}, "a session without any")
    for name in ("red", "blue", "closed"):
        swarm.remove_network(name)


def test_what_managers_do_to_a_node(swarm, member):
    manager = swarm.manager
    seen = join(swarm, member)
    swarm.network("green")
    member.ask("want c1=green")
    member.wait(lambda v: "c1" in v["attachments"], "the attachment")

    # A global service is rejected with the remedy, and kept away by it.
    service = ["service", "create", "-d", "--name", "all", "--mode", "global", "--no-resolve-image"]
    manager.docker(*service, "bb:1", "/bin/sleep", "1000")
    member.wait(lambda v: v["rejected"] > 0, "a task to be rejected")
    reasons = ["service", "ps", "--no-trunc", "--format", "{{.Node}} {{.Error}}", "all"]
    wait_until(lambda: "engine.labels.waggle!=true" in manager.docker(*reasons).stdout, 20, "the reason to be shown")
    manager.docker("service", "rm", "all")
    manager.docker(*service, "--constraint", "engine.labels.waggle!=true", "bb:1", "/bin/sleep", "1000")
    wait_until(lambda: manager.docker("service", "ps", "-q", "all").stdout.split(), 20, "the service's tasks")
    names = manager.docker("service", "ps", "--format", "{{.Node}}", "all").stdout.split()
    assert member.name not in names
    manager.docker("service", "rm", "all")

    # Drained and back.
    manager.docker("node", "update", "--availability", "drain", seen["node"])
    member.wait(lambda v: "drained" in v["problem"], "the drain to be told")
    manager.docker("node", "update", "--availability", "active", seen["node"])
    member.wait(lambda v: v["problem"] == "" and "c1" in v["attachments"], "the attachment again", 90)

    # The root is rotated under way.
    before = member.view()
    manager.docker("swarm", "ca", "--rotate", timeout=60)
    after = member.wait(lambda v: v["phase"] == "ready" and v["renewal"] != before["renewal"], "a new certificate", 60)
    assert after["node"] == before["node"] and after["attachments"] == before["attachments"]
    swarm.token = swarm.join_token("worker")

    # Removed. Only the leader tells a removed node so, and only in a session of its own: managers that pass on what they are
    # told vouch for it.
    manager.docker("node", "rm", "--force", seen["node"])
    through = next(each for each in swarm.managers if f"{each.address}:2377" == member.view()["manager"])
    vouched = through is not swarm.leader()
    if vouched:
        through.namespace.ip("link", "set", "eth0", "down")
    gone = member.wait(lambda v: v["phase"] == "expelled", "the removal", 120)
    if vouched:
        through.namespace.ip("link", "set", "eth0", "up")
        wait_until(swarm.is_led, 60, "the managers to have a leader and each other again")
    assert "join again" in gone["problem"]
    again = join(swarm, member)
    assert again["node"] != seen["node"]
    member.wait(lambda v: "c1" in v["attachments"], "the attachment of the new node")
    assert member.ask("leave") == ""
    assert member.view()["phase"] == "outside" and member.view()["attachments"] == {}
    wait_until(lambda: node(manager, member.name).get("Status") == "Down", 60, "the node to be Down")
    swarm.remove_network("green")


def test_managers_that_fail(swarm, member):
    seen = join(swarm, member)
    swarm.network("grey")
    member.ask("want c1=grey")
    seen = member.wait(lambda v: "c1" in v["attachments"] and len(v["managers"]) == 3, "the attachment")

    # Frozen until the managers take it for dead.
    member.process.send_signal(signal.SIGSTOP)
    wait_until(lambda: node(swarm.engines[1], member.name).get("Status") == "Down", 60, "the node to be Down")
    member.process.send_signal(signal.SIGCONT)
    wait_until(lambda: node(swarm.engines[1], member.name).get("Status") == "Ready", 30, "the node to be Ready")

    # The leader goes; then two of three, so that there is none; then they return.
    swarm.engines[0].kill()
    wait_until(lambda: node(swarm.engines[1], member.name).get("Status") == "Ready", 60, "a leader that has the node")
    member.wait(lambda v: v["phase"] == "ready" and v["manager"] != "192.0.2.1:2377", "another manager", 60)
    member.ask("want c1=grey c2=grey")
    member.wait(lambda v: set(v["attachments"]) == {"c1", "c2"}, "an attachment by the new leader", 60)
    swarm.engines[1].kill()
    lost = member.wait(lambda v: v["phase"] == "disconnected", "the loss to be told", 90)
    assert "no session with the managers" in lost["problem"] and set(lost["attachments"]) == {"c1", "c2"}
    for engine in swarm.engines[:2]:
        engine.start()
    back = member.wait(lambda v: v["phase"] == "ready", "the session again", 120)
    assert back["node"] == seen["node"] and back["attachments"]["c1"] == seen["attachments"]["c1"]
