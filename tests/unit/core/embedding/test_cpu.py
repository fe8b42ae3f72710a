import os
from pathlib import Path

import pytest

from kubelore.embedding.cpu import usable_cores

ALLOWED = len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("cpu_max", "cores"),
    [
        ("max 100000", ALLOWED),
        ("50000 100000", 1),
        ("100000 100000", 1),
        ("110000 100000", min(2, ALLOWED)),
        ("100000000 100000", ALLOWED),
    ],
)
def test_a_containers_limit_caps_the_threads(cpu_max: str, cores: int, tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_text(f"{cpu_max}\n", encoding="ascii")

    assert usable_cores(tmp_path / "cpu.max") == cores


def test_without_a_control_group_all_allowed_cores_count(tmp_path: Path) -> None:
    assert usable_cores(tmp_path / "cpu.max") == ALLOWED
