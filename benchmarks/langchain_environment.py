"""Installs what LangChain's pipeline needs into a Python environment of its own, once."""

import sys
from pathlib import Path

from testcluster.paths import REPOSITORY
from testcluster.programs import program_folder
from testcluster.shell import run

_PACKAGES = ("langchain-milvus==0.4.0", "langchain-text-splitters==1.1.3", "sentence-transformers")
"""Torch, pymilvus and the rest come in the versions that Kubelore is tested with."""


def langchain_python() -> Path:
    """Return the environment's interpreter."""
    name = "-".join(package.replace("==", "-") for package in _PACKAGES)
    return program_folder(name, "the environment of LangChain's pipeline", _install) / "bin" / "python"


def _install(folder: Path) -> None:
    uv = Path(sys.executable).with_name("uv")
    run(uv, "venv", "--clear", "--python", sys.executable, folder)
    lock = REPOSITORY / "requirements.lock"
    run(uv, "pip", "install", "--python", folder / "bin" / "python", "--constraint", lock, *_PACKAGES)
