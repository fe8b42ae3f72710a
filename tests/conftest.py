"""Fixtures and options that any test may ask for."""

import signal
from pathlib import PurePath

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

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


class Groups(LoadScopeScheduling):
    """Hands a worker all that shares the test cluster, or a module."""

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        return "cluster" if PurePath(module).is_relative_to("tests/cluster") or "e2e/cluster" in module else module


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Groups:
    return Groups(config, log)
