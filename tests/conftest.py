"""Fixtures and options that any test may ask for."""

import pytest

pytest_plugins = ["support.apiserver", "support.cluster", "support.helm"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write what is computed over the golden files")


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are written rather than compared with."""
    return bool(request.config.getoption("--update-golden"))
