import os
import pathlib
import shutil

import pytest

from docker_engine import missing
from docker_swarm import DockerSwarm
from lab import BUILD, Lab


def pytest_collection_modifyitems(items):
    if os.geteuid() == 0:
        return
    for item in items:
        item.add_marker(pytest.mark.skip(reason="labs make network namespaces, which needs root"))


@pytest.fixture(scope="session", autouse=True)
def built():
    if not (BUILD / "dataplane" / "waggle-dataplane").exists():
        pytest.exit(f"no build in {BUILD}: run meson setup and ninja, or set WAGGLE_BUILD", returncode=3)


@pytest.fixture
def lab(request):
    made = Lab(request.node.name.split("[")[0].removeprefix("test_")[:6])
    yield made
    made.close()


@pytest.fixture
def memory(lab):
    """A folder on a file system that lives in memory, where keys outlive waggle-control: see WaggleHost.run_in()."""
    folder = pathlib.Path("/dev/shm") / lab.prefix
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def engines():
    """A manager and a worker, both stock, for all tests: they are the files test_swarm_*, which run one after another."""
    if missing():
        pytest.skip(missing())
    with Lab("stock") as lab:
        yield DockerSwarm(lab)


@pytest.fixture
def swarm(engines):
    """The same, cleared after the test."""
    yield engines
    engines.clear()
