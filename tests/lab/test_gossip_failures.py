"""Five hosts of one swarm: endpoints that come and go under traffic, processes and hosts that die, a split network,
addresses that two hosts have."""

import json

import pytest

from lab import LabError, wait_until
from swarm import Swarm
from traffic import PingStream

ALL = "abcde"


def reload(host):
    host.write_config()
    host.waggle("reload")


def remember(host, endpoint, address):
    """As if the endpoint had had this address in an earlier life."""
    with open(host.directory / "state" / "addresses", "a", encoding="ascii") as file:
        file.write(f"{endpoint} {address}\n")


def problems(host):
    return " ".join(json.loads(host.waggle("--json", "status", check=False).stdout)["control"]["problems"])


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "encrypted"])
def test_five_hosts_live_through_everything(lab, encrypted):
    swarm = Swarm(lab, names=ALL, encrypted=encrypted)
    names = {f"{name}1" for name in ALL}
    swarm.wait_equal(ALL, names)
    swarm.wait_healthy()
    a1 = swarm.container("a")
    for number in range(12, 16):
        assert a1.reaches(f"10.1.0.{number}", timeout=30)
    echoes = PingStream(a1, "10.1.0.12")

    # Endpoints come and go on the other hosts.
    for round_number in range(3):
        for number, name in enumerate("cde"):
            host = swarm.hosts[name]
            host.config["endpoints"] = host.config["endpoints"][:1]
            names -= {f"{name}{n}" for n in range(2, 9)}
            address = f"10.1.0.{50 + 10 * round_number + number}"
            host.container(f"{name}{2 + round_number}", "blue", [address])
            names.add(f"{name}{2 + round_number}")
            reload(host)
        swarm.wait_equal(ALL, names)
        assert a1.reaches(address, timeout=20)

    # A killed control: nobody forgets anything.
    c = swarm.hosts["c"]
    c.kill("control")
    c.start_control()
    c.wait_healthy(timeout=60)
    swarm.wait_equal(ALL, names)
    echoes.flow()
    due, came = echoes.stop()
    assert came == due, f"{came} of {due} echoes came"

    # A killed dataplane comes back with its state.
    d = swarm.hosts["d"]
    d.kill("dataplane")
    d.start_dataplane()
    d.wait_healthy(timeout=60)
    assert a1.reaches("10.1.0.14", timeout=30)

    # A power cut: forgotten within the suspicion, known again after the return.
    swarm.power_cut("e")
    swarm.wait_equal("abcd", {each for each in names if not each.startswith("e")}, timeout=60)
    swarm.power_on("e")
    swarm.wait_equal(ALL, names)
    assert a1.reaches("10.1.0.15", timeout=30)
    swarm.wait_healthy()


def test_a_split_network_heals_and_settles_its_addresses(lab):
    swarm = Swarm(lab, names=ALL, addresses="auto", start=False)
    # All want one address at once: exactly one gets it, and all have one.
    for name, host in swarm.hosts.items():
        remember(host, f"{name}1", "10.1.0.77")
    # These two get an endpoint each on either side of the split, with the same wish, and so do c and the file of a.
    remember(swarm.hosts["b"], "b2", "10.1.0.99")
    remember(swarm.hosts["d"], "d2", "10.1.0.99")
    remember(swarm.hosts["c"], "c2", "10.1.0.88")
    swarm.start()
    names = {f"{name}1" for name in ALL}
    state = swarm.wait_equal(ALL, names)
    addresses = [each[1][0] for each in state.values()]
    assert len(set(addresses)) == 5 and "10.1.0.77/24" in addresses, addresses
    swarm.wait_healthy()

    swarm.split("ab", "cde")
    here = {"a1", "b1"}
    swarm.wait_equal("ab", here)
    swarm.wait_equal("cde", names - here)
    hosts = swarm.hosts
    added = {
        "b": [("b2", "auto")],
        "d": [("d2", "auto")],
        "c": [("c2", "auto"), ("c3", ["10.1.0.66"])],
        "a": [("a2", ["10.1.0.88"]), ("a3", ["10.1.0.66"])],
    }
    for name, endpoints in added.items():
        for endpoint, wanted in endpoints:
            hosts[name].container(endpoint, "blue", wanted)
        reload(hosts[name])
    swarm.wait_equal("ab", here | {"b2", "a2", "a3"})
    sides = swarm.wait_equal("cde", names - here | {"d2", "c2", "c3"})
    assert sides["d2"][1] == ("10.1.0.99/24",) and sides["c2"][1] == ("10.1.0.88/24",), sides
    # One goes and another comes while the other side does not hear it.
    hosts["e"].config["endpoints"] = []
    hosts["e"].container("e2", "blue", ["10.1.0.55"])
    reload(hosts["e"])

    swarm.heal()

    def settled():
        """Whose address it is by all hosts, of the addresses that both sides gave away."""
        views = []
        for viewer in ALL:
            holders = {}
            for name, given, _, host in swarm.state(viewer):
                for address in given:
                    holders.setdefault(address, set()).add((name, host))
            views.append(holders)
        chosen = [
            {address: found for address, found in each.items() if address != "10.1.0.66/24"} for each in views
        ]
        at = {name for holders in chosen[0].values() for name, _ in holders}
        return (
            all(each == chosen[0] for each in chosen)
            and {"b2", "d2", "c2", "a2", "e2"} <= at
            and "e1" not in at
            and all(len(holders) == 1 for holders in chosen[0].values())
            and chosen[0]
        )

    try:
        holders = wait_until(settled, timeout=60, what="the addresses to be settled", interval=0.2)
    except LabError as failure:
        raise LabError(f"{failure}: {[swarm.state(viewer) for viewer in ALL]}") from failure
    # Of two that chose exactly one keeps it; who was given it keeps it in any case.
    assert {name for name, _ in holders["10.1.0.99/24"]} < {"b2", "d2"}, holders
    assert {name for name, _ in holders["10.1.0.88/24"]} == {"a2"}, holders
    # What both files give stays a conflict, told on both hosts and nowhere settled behind their backs.
    for name in "ac":
        wait_until(
            lambda host=hosts[name]: "address 10.1.0.66 of this host in network blue is that of gossip node" in problems(host),
            what=f"{name} to tell of the conflict",
        )
    hosts["c"].config["endpoints"] = [each for each in hosts["c"].config["endpoints"] if each["name"] != "c3"]
    reload(hosts["c"])
    names = {"a1", "b1", "c1", "d1", "a2", "a3", "b2", "c2", "d2", "e2"}
    state = swarm.wait_equal(ALL, names)
    swarm.wait_healthy()
    for endpoint in ("a1", "b2", "a2", "a3"):
        target = state[endpoint][1][0].split("/")[0]
        assert hosts["d"].containers["d2"].reaches(target, timeout=30), endpoint


def test_a_wrong_key_is_told_once_and_not_by_a_flood(lab):
    swarm = Swarm(lab, names="abc")
    swarm.wait_equal("abc", {"a1", "b1", "c1"})
    right = swarm.key
    swarm.key = "00112233445566778899aabbccddeeff"
    stranger = swarm.add("d")
    swarm.key = right
    stranger.start_dataplane()
    stranger.start_control()
    wait_until(
        lambda: swarm.hosts["a"].query("gossip")["counters"]["wrong_key"] >= 5,
        timeout=60,
        what="the stranger to try again and again",
    )
    lines = [line for line in swarm.hosts["a"].log("control.log").splitlines() if "not among ours" in line]
    assert len(lines) == 1 and "192.0.2.4" in lines[0] and "compare the keys of both hosts" in lines[0], lines
    shown = swarm.hosts["a"].waggle("gossip").stdout
    assert "wrong_key" in shown and right not in shown and "(seals)" not in shown, shown
    said = [line for line in stranger.log("control.log").splitlines() if "seed" in line]
    assert len(said) == 1 and "do both hosts have the same gossip keys" in said[0], said
    assert "do they have the same gossip keys" in problems(stranger)
    # The others do not mind, and know each other's ways.
    rows = {each["vtep"]: each["gossip"] for each in swarm.hosts["a"].items("peers")}
    assert {rows[f"192.0.2.{n}"]["state"] for n in (2, 3)} == {"alive"}, rows
    assert all(rows[f"192.0.2.{n}"]["networks"] == ["blue"] and rows[f"192.0.2.{n}"]["heard"] < 30 for n in (2, 3)), rows
    assert "192.0.2.4" not in rows
