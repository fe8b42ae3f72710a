"""Fixtures and options that any test may ask for."""

import signal
from pathlib import Path

import pytest

TESTS = Path(__file__).parent

pytest_plugins = ["support.apiserver", "support.cluster", "support.helm"]


def pytest_configure() -> None:
    """Let what tests start be interrupted, also where they run as a shell's background job, which ignores that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write what is computed over the golden files")


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are written rather than compared with."""
    return bool(request.config.getoption("--update-golden"))


@pytest.hookimpl(tryfirst=True)  # Before pytest-xdist reads the groups.
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))


def _group(item: pytest.Item) -> str:
    """What one process runs: all that shares the test cluster, or servers of its own, or a module."""
    if item.get_closest_marker("cluster"):
        return "cluster"
    kind, part, *_ = item.path.relative_to(TESTS).parts
    return f"{kind}/{part}" if kind == "integration" else str(item.path.relative_to(TESTS))
