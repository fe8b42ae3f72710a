"""Virtual environments for what Kubelore is compared with, each made once and apart from Kubelore's own."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kubelore" / "benchmarks"
_DONE = ".installed"


def environment(name: str, packages: Sequence[str], *, with_kubelore: bool = False, as_locked: bool = False) -> Path:
    """Return the folder of the programs of an environment, which is made where it is missing.

    With Kubelore, its embedder and the built-in model are there, too. As locked, what Kubelore is tested with comes in
    those versions.
    """
    folder = CACHE / name
    own = ["--editable", f"{REPOSITORY}[embedder]", "--group", f"{REPOSITORY / 'pyproject.toml'}:model"]
    # Kubelore is installed from where it lies, which may be elsewhere the next time.
    wanted = "\n".join([*packages, *(own if with_kubelore else ())])
    if not (folder / _DONE).is_file() or (folder / _DONE).read_text() != wanted:
        print(f"installing {', '.join(packages)} into {folder}", flush=True)
        uv = str(Path(sys.executable).with_name("uv"))
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)], check=True)
        install = [uv, "pip", "install", "--quiet", "--python", str(folder / "bin" / "python")]
        locked = ["--constraint", "requirements.lock"]
        wishes = [*(locked if as_locked else ()), *packages, *(own if with_kubelore else ())]
        subprocess.run([*install, *wishes], check=True, cwd=REPOSITORY)
        (folder / _DONE).write_text(wanted)
    return folder / "bin"
