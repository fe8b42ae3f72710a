import os
import subprocess
import sys
from pathlib import Path

import pytest

KUBELORE = Path(sys.executable).with_name("kubelore")
COMMANDS = ("up", "demo", "ask", "ingest", "doctor", "crds", "version")
HEAVY = ("aiohttp", "fastapi", "grpc", "numpy", "onnxruntime", "pydantic_settings", "pymilvus", "torch")

IMPORTED_BY_HELP = """
import sys
from kubelore_cli.main import app
try:
    app(["--help"])
except SystemExit:
    print(*sorted(set(sys.modules) & set({heavy})), file=sys.stderr)
"""


def run(*arguments: str, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("KUBELORE_")}
    return subprocess.run(
        [KUBELORE, *arguments],
        cwd=cwd,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_help_lists_every_command_and_imports_nothing_heavy() -> None:
    script = IMPORTED_BY_HELP.format(heavy=HEAVY)
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)

    assert all(f" {command} " in result.stdout for command in COMMANDS)
    assert result.stderr.strip() == ""


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help(command: str) -> None:
    result = run(command, "--help")

    assert result.returncode == 0
    assert f"kubelore {command}" in result.stdout


def test_the_version_is_the_distributions() -> None:
    assert run("version").stdout == "kubelore 0.1.0\n"


def test_crds_are_written_and_named(tmp_path: Path) -> None:
    result = run("crds", "--output", str(tmp_path))

    assert result.returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "kubelore.io_ingesttasks.yaml",
        "kubelore.io_knowledgebases.yaml",
        "kubelore.io_llmservers.yaml",
    ]
    assert result.stdout.count(str(tmp_path)) == 3


def test_an_error_is_one_message_and_exit_code_one(tmp_path: Path) -> None:
    result = run("up", "-f", str(tmp_path / "nowhere"), cwd=tmp_path)

    assert result.returncode == 1
    assert "nowhere" in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stderr.count("error:") == 1


def test_a_wrong_setting_names_its_variable(tmp_path: Path) -> None:
    result = run("doctor", cwd=tmp_path, KUBELORE_PORT="eighty")

    assert result.returncode == 1
    assert "KUBELORE_PORT" in result.stderr
    assert "Traceback" not in result.stderr


def test_asking_where_nothing_runs_says_how_to_start_it(tmp_path: Path) -> None:
    result = run("ask", "Well?", "--url", "http://127.0.0.1:1", cwd=tmp_path)

    assert result.returncode == 1
    assert "kubelore up" in result.stderr
    assert result.stdout == ""


def test_a_defect_shows_its_trace_only_when_asked_for(tmp_path: Path) -> None:
    break_it = "import kubelore_cli.main as m; m.app = lambda: 1 / 0; m.main()"

    def crash(**environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", break_it], env={**os.environ, **environment}, cwd=tmp_path,
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    quiet, loud = crash(), crash(KUBELORE_LOG_LEVEL="DEBUG")

    assert quiet.returncode == loud.returncode == 1
    assert quiet.stderr.startswith("error: this is a defect of Kubelore: ZeroDivisionError: division by zero; ")
    assert "Traceback" not in quiet.stderr
    assert "Traceback" in loud.stderr


def test_chinese_reaches_a_terminal_that_can_not_show_it(tmp_path: Path) -> None:
    result = run("ask", "如何安装?", "--url", "http://127.0.0.1:1", cwd=tmp_path, PYTHONIOENCODING="ascii")

    assert result.returncode == 1
    assert "Traceback" not in result.stderr
