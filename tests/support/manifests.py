"""The manifests that both the models and the API server must take, or must refuse."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from kubelore.resources.base import API_VERSION

REPOSITORY = Path(__file__).parents[2]
_GOLDEN = REPOSITORY / "tests/golden/resources"


@dataclass(frozen=True, slots=True)
class GoodManifest:
    """A manifest that is right."""

    title: str
    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class BadManifest:
    """A manifest that is wrong: which field the refusal must name, and what each world must say of it."""

    title: str
    document: dict[str, Any]
    field: str
    from_api_server: tuple[str, ...]
    from_models: tuple[str, ...]


def good_manifests() -> list[GoodManifest]:
    """Read those kept for the tests, and every one of our kinds among the examples."""
    files = [*sorted((_GOLDEN / "good").glob("*.yaml")), *sorted((REPOSITORY / "examples").rglob("*.yaml"))]
    return [
        GoodManifest(f"{path.stem}-{number}" if number else path.stem, document)
        for path in files
        for number, document in enumerate(yaml.safe_load_all(path.read_bytes()))
        if isinstance(document, dict) and document.get("apiVersion") == API_VERSION
    ]


def bad_manifests() -> list[BadManifest]:
    """Read them with the expectations that stand in the comments at their top."""
    return [_bad_manifest(path) for path in sorted((_GOLDEN / "bad").glob("*.yaml"))]


def _bad_manifest(path: Path) -> BadManifest:
    text = path.read_text(encoding="utf-8")
    from_both = _expectations(text, "says")
    return BadManifest(
        title=path.stem,
        document=yaml.safe_load(text),
        field=_expectations(text, "field")[0],
        from_api_server=from_both + _expectations(text, "api server"),
        from_models=from_both + _expectations(text, "models"),
    )


def _expectations(text: str, name: str) -> tuple[str, ...]:
    start = f"# {name}: "
    return tuple(line.removeprefix(start) for line in text.splitlines() if line.startswith(start))
