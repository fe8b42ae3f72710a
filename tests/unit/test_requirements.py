import re
from importlib.metadata import requires

from packaging.requirements import Requirement

EMBEDDED = "embedded"


def closure(distribution: str, extras: frozenset[str], seen: set[str]) -> set[str]:
    """Name everything that a distribution with these extras asks for, and so on."""
    for text in requires(distribution) or []:
        requirement = Requirement(text)
        name = re.sub(r"[-_.]+", "-", requirement.name).lower()
        wanted = any(
            requirement.marker is None or requirement.marker.evaluate({"extra": extra}) for extra in extras or {""}
        )
        key = f"{name}[{','.join(sorted(requirement.extras))}]"
        if wanted and key not in seen:
            seen.add(key)
            closure(name, frozenset(requirement.extras), seen)
    return seen


def test_a_laptop_needs_no_torch() -> None:
    needed = {name.partition("[")[0] for name in closure("kubelore", frozenset({EMBEDDED}), set())}

    assert {"onnxruntime", "milvus-lite", "fastapi", "typer"} <= needed
    assert not {name for name in needed if name in {"torch", "transformers", "sentence-transformers"}}


def test_text_recognition_is_an_extra_that_needs_no_torch() -> None:
    by_default = {name.partition("[")[0] for name in closure("kubelore", frozenset({EMBEDDED, "operator"}), set())}
    needed = {name.partition("[")[0] for name in closure("kubelore", frozenset({"ocr"}), set())}

    assert {"rapidocr", "opencv-python-headless"} <= needed
    assert not by_default & {"rapidocr", "opencv-python-headless"}
    assert "torch" not in needed
