import os

import pytest

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
