from collections.abc import Iterator
from pathlib import Path

import pytest

from support.laptop import Laptop


@pytest.fixture
def laptop(tmp_path: Path) -> Iterator[Laptop]:
    """A laptop that the test starts, and that has ended when the test has."""
    laptop = Laptop(tmp_path)
    try:
        yield laptop
    finally:
        laptop.kill()
