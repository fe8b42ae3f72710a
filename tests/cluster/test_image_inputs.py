"""An image is built again when, and only when, something that goes into it changed."""

from pathlib import Path

import pytest

from testcluster.images.inputs import ImageSource, digest_of


@pytest.fixture
def source(tmp_path: Path) -> ImageSource:
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "main.py").write_text("one")
    (tmp_path / "notes.md").write_text("one")
    (tmp_path / "job").write_text("one")
    recipe = tmp_path / "Dockerfile"
    recipe.write_text("FROM x AS build\nCOPY --chown=1:1 core/ \\\n  ${PART} /app/\nCOPY --from=build /notes.md /\n")
    return ImageSource(recipe, tmp_path, "kubelore/test:dev", {"PART": "job"})


@pytest.mark.parametrize("file", ["core/main.py", "job", "Dockerfile"])
def test_a_changed_input_changes_the_digest(source: ImageSource, file: str) -> None:
    before = digest_of(source)
    (source.context / file).write_text("FROM scratch")
    assert digest_of(source) != before


def test_a_new_file_in_a_copied_folder_changes_the_digest(source: ImageSource) -> None:
    before = digest_of(source)
    (source.context / "core" / "new.py").touch()
    assert digest_of(source) != before


def test_a_file_made_executable_changes_the_digest(source: ImageSource) -> None:
    before = digest_of(source)
    (source.context / "job").chmod(0o755)
    assert digest_of(source) != before


def test_a_file_that_is_not_copied_does_not_change_it(source: ImageSource) -> None:
    before = digest_of(source)
    (source.context / "notes.md").write_text("two")
    assert digest_of(source) == before


def test_compiled_python_does_not_change_it(source: ImageSource) -> None:
    before = digest_of(source)
    (source.context / "core" / "__pycache__").mkdir()
    (source.context / "core" / "__pycache__" / "main.pyc").touch()
    assert digest_of(source) == before


def test_a_recipe_that_copies_everything_is_always_built(source: ImageSource) -> None:
    source.dockerfile.write_text("FROM scratch\nCOPY . /app\n")
    assert digest_of(source) is None


@pytest.mark.parametrize(
    ("tag", "reference"),
    [
        ("kubelore/job:dev", "docker.io/kubelore/job:dev"),
        ("registry.example/job:1", "registry.example/job:1"),
        ("localhost:5000/job:1", "localhost:5000/job:1"),
        ("job:1", "docker.io/library/job:1"),
    ],
)
def test_a_name_is_completed_as_the_kubelet_does(tag: str, reference: str) -> None:
    assert ImageSource(Path(), Path(), tag).reference == reference
