"""The page docs/swarm-tutorial.md, carried out as it stands: every command, and every output compared."""

import os
import re
import shutil
import stat

import pytest
from docker_engine import IMAGE, DockerEngine, missing
from docker_swarm import image_archive
from lab import BUILD, REPOSITORY, Switch, run, wait_until
from waggle_host import WaggleHost, program_path

PAGE = REPOSITORY / "docs/swarm-tutorial.md"
PROMPT = re.compile(r"(host[12])\$ (.*)")


def steps(page):
    """[(host, command, output)] of a page's console blocks."""
    found = []
    for block in re.findall(r"```console\n(.*?)```", page, re.DOTALL):
        for line in block.splitlines():
            if prompt := PROMPT.fullmatch(line):
                found.append((prompt[1], prompt[2], []))
            else:
                found[-1][2].append(line)
    return found


def comparable(lines):
    """Without what differs from run to run: ids, tokens, versions, durations and the width of columns."""
    text = "\n".join(line.rstrip() for line in lines if line.strip())
    text = re.sub(r"SWMTKN-[-a-z0-9]+", "TOKEN", text)
    text = re.sub(r"\b(?=[a-z0-9]*\d)[a-z0-9]{25}\b|\b[0-9a-f]{12}\b|\b[0-9a-f]{64}\b", "ID", text)
    text = re.sub(r"\d+\.\d+\.\d+\+\w+|waggle-[\d.]+", "VERSION", text)
    text = re.sub(r"\d+(?= +\d+ +yes$)", "BYTES", re.sub(r"@if\d+", "@IF", text), flags=re.MULTILINE)
    text = re.sub(r"\d+(\.\d+)? ?ms|\d+\.\d+(/\d+\.\d+)+", "TIME", text)
    return re.sub(r"[ -]{2,}", " ", text).splitlines()


class Shell:
    """A host of the page: commands run in its namespace, `docker` or `waggle` being the lab's."""

    def __init__(self, lab, namespace, name, program, words, names):
        self.namespace = namespace
        self.names = names
        self.folder = lab.directory / f"{name}-bin"
        self.folder.mkdir()
        self.work = lab.directory
        wrapper = self.folder / program
        wrapper.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
        wrapper.chmod(wrapper.stat().st_mode | stat.S_IXUSR)

    def run(self, command):
        """Output and errors; names of the page stand for the lab's, which nothing else on the machine has."""
        for ours, theirs in self.names.items():
            # Those of namespaces only.
            command = re.sub(rf"(netns|-n|netns (?:add|del|exec)) {theirs}\b", rf"\1 {ours}", command)
        path = f"{self.folder}:{os.environ['PATH']}"
        done = self.namespace.run("env", f"PATH={path}", "sh", "-c", f"cd {self.work}; {command} 2>&1", check=False)
        output = done.stdout
        for ours, theirs in self.names.items():
            output = output.replace(ours, theirs)
        return output.splitlines()


@pytest.fixture
def hosts(lab):
    if missing():
        pytest.skip(missing())
    wire = Switch(lab)
    first = lab.namespace("host1")
    wire.connect(first, "eth0", ["192.0.2.1/24"])
    engine = DockerEngine(lab, "host1", first, "192.0.2.1")
    engine.launch()
    waggle = WaggleHost(lab, "host2")
    wire.connect(waggle.namespace, "eth0", ["192.0.2.2/24"])
    waggle.config["node"]["vtep"] = {"ipv4": "192.0.2.2"}
    waggle.start()
    engine.wait_answers()
    engine.import_image(image_archive(lab.directory / "image.tar"))
    engine.docker("tag", IMAGE, "alpine")
    names = {waggle.node: "host2", f"{lab.prefix}-alpine2": "alpine2"}
    # Made by the page, and left by one that was not carried out to its end.
    lab.closers.append(lambda: run(["ip", "netns", "del", f"{lab.prefix}-alpine2"], check=False))
    command = f"{BUILD / program_path('waggle')} --config {waggle.config_file}"
    yield {
        "host1": Shell(lab, first, "host1", "docker", f"{shutil.which('docker')} -H {engine.socket}", names),
        "host2": Shell(lab, waggle.namespace, "host2", "waggle", command, names),
    }


def test_the_page_tells_what_happens(hosts):
    transcript = []
    for host, command, expected in steps(PAGE.read_text(encoding="utf-8")):
        outputs = []

        def as_told(h=host, c=command, e=expected):
            outputs.append(hosts[h].run(c))
            return comparable(outputs[-1]) == comparable(e)

        # What only shows something may be asked again: the hosts take a moment to hear of each other.
        shows = re.match(r"waggle (networks|endpoints)|docker (node|network) ls|docker network rm|ip -n", command)
        try:
            wait_until(as_told, 20 if shows else 0, command, interval=0.5)
        except Exception:
            transcript += [f"{host}$ {command}", *outputs[-1]]
            raise AssertionError("\n".join([*transcript, "--- but the page says", *expected])) from None
        transcript += [f"{host}$ {command}", *outputs[-1]]


if __name__ == "__main__":
    pytest.main([__file__])
