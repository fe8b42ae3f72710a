"""Writes the CustomResourceDefinitions as files."""

from pathlib import Path
from typing import Any

import yaml

from kubelore.resources.base import GROUP
from kubelore.resources.crd.definition import custom_resource_definition
from kubelore.resources.kinds import KINDS

_HEADER = "# Generated from the models by `make crds`: change the models, not this file.\n"
_WIDTH = 120


def crd_files() -> dict[str, str]:
    """Return the text of every file by its name; the same models give the same text."""
    return {
        f"{GROUP}_{model.info.plural}.yaml": _HEADER + _to_yaml(custom_resource_definition(model)) for model in KINDS
    }


def write_crds(folder: Path) -> list[Path]:
    """Write one file a kind, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, text in crd_files().items():
        path = folder / name
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths


def _to_yaml(manifest: dict[str, Any]) -> str:
    return yaml.dump(manifest, Dumper=_WithoutAliases, sort_keys=True, allow_unicode=True, width=_WIDTH)


class _WithoutAliases(yaml.SafeDumper):
    """What stands in two places is written twice, as people expect of a CRD."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's own signature
        return True
