"""Copies the embedding model into a folder together with its graphs: `python -m kubelore.embedding.export DIR`.

The folder is a valid KUBELORE_MODEL_DIR, and whoever runs the model from there needs no `onnx` package.
"""

import argparse
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from kubelore.embedding.checksums import write_checksums
from kubelore.embedding.graph_names import GRAPH_FILES
from kubelore.embedding.model_files import (
    CONFIG_FILE,
    MODULES_FILE,
    PROMPT_CONFIG_FILE,
    SENTENCE_CONFIG_FILE,
    TOKENIZER_CONFIG_FILE,
    TOKENIZER_FILE,
    read_model,
)
from kubelore.embedding.model_location import locate_model
from kubelore.embedding.onnx_graph import build_graph
from kubelore.embedding.weights import read_tensors
from kubelore.errors import KubeloreError
from kubelore.settings import load_settings

_COPIED = (
    MODULES_FILE,
    CONFIG_FILE,
    TOKENIZER_FILE,
    TOKENIZER_CONFIG_FILE,
    SENTENCE_CONFIG_FILE,
    PROMPT_CONFIG_FILE,
    "*.safetensors",
    f"*_*/{CONFIG_FILE}",
    "*_*/*.safetensors",
    "LICENSE*",
    "README*",
)
"""What a model is read from; the subfolders are those of modules, such as `1_Pooling`."""


def export_model(source: Path, target: Path) -> None:
    """Copy a model folder to `target`, and add its graphs and the checksums of all files.

    Raises KubeloreError MODEL_NOT_FOUND, MODEL_CORRUPT or MODEL_UNSUPPORTED.
    """
    for file in _files_of(source):
        copy = target / file.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
    model = read_model(target)
    tensors = read_tensors(target, [layer.folder for layer in model.dense])
    for precision, name in GRAPH_FILES.items():
        (target / name).write_bytes(build_graph(model, tensors, precision))
    write_checksums(target)


def _files_of(folder: Path) -> Iterator[Path]:
    return (file for pattern in _COPIED for file in folder.glob(pattern) if file.is_file())


def main() -> int:
    """Export the model that the settings name; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m kubelore.embedding.export", description=main.__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR", help="the folder to write; it is made where it is missing")
    target: Path = parser.parse_args().folder
    try:
        location = locate_model(load_settings().model_dir)
        location.verify()
        export_model(location.folder, target)
    except KubeloreError as error:
        sys.stderr.write(f"{error.message}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
