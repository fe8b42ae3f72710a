"""Take out of an installed environment what no Kubelore process loads, and compile what it does.

Usage: python slim.py SITE_PACKAGES MODULE... [--if-installed MODULE...]

Every path is one that the imports of the named modules were seen not to need; the modules are imported at the
end, so that a library that comes to need one of them fails the image's build and not a pod. Only what those
imports load is compiled to bytecode: the rest would cost space and is never read. What extras bring is named after
`--if-installed`.
"""

import argparse
import importlib
import importlib.util
import shutil
import sys
from pathlib import Path

UNUSED = (
    "pyarrow/include",  # headers for building against Arrow
    "pyarrow/src",
    "pyarrow/tests",
    "pyarrow/libarrow_flight.so.*",  # an RPC framework; Parquet needs none
    "pyarrow/_flight.*",
    "pyarrow/_substrait.*",  # query plans; the library itself is linked to by libarrow_python
    "pyarrow/libarrow_s3.so.*",  # object stores are reached through the minio SDK
    "pyarrow/_s3fs.*",
    "pyarrow/**/*.pxi",
    "pyarrow/**/*.pyx",
    "pandas/tests",
    "numpy/**/tests",
    "numpy/f2py",
    "Crypto/SelfTest",
    "onnxruntime/transformers",  # tools that convert models
    "onnxruntime/tools",
    "onnxruntime/quantization",
    "onnxruntime/datasets",
    "lxml/includes",
    "lxml/isoschematron",
    "hf_xet*",  # downloads from a model hub; tokenizers are read from files
)


def remove_unused(site_packages: Path) -> None:
    """Delete every path that a pattern of UNUSED names."""
    for pattern in UNUSED:
        for path in list(site_packages.glob(pattern)):
            if path.is_dir():
                shutil.rmtree(path)
            elif path.exists():
                path.unlink()


def share_library_versions(site_packages: Path) -> None:
    """Replace the copies `lib.so` and `lib.so.1` of one library, which a wheel can't hold as links, by links."""
    for path in site_packages.glob("pyarrow/lib*.so.*.*.*"):
        soname = path.with_suffix("").with_suffix("")
        for copy in (soname, soname.with_suffix("")):
            if copy.is_file() and copy.read_bytes() == path.read_bytes():
                copy.unlink()
                copy.symlink_to(path.name)


def main(site_packages: Path, modules: list[str], optional: list[str]) -> None:
    """Slim the environment, then import each module, which compiles it; of the optional ones, those that are there."""
    remove_unused(site_packages)
    share_library_versions(site_packages)
    sys.path.insert(0, str(site_packages))
    for module in (*modules, *filter(importlib.util.find_spec, optional)):
        importlib.import_module(module)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("site_packages", type=Path)
    arguments.add_argument("modules", nargs="+")
    arguments.add_argument("--if-installed", nargs="*", default=[])
    given = arguments.parse_args()
    main(given.site_packages, given.modules, given.if_installed)
