from pathlib import Path

import yaml

from kubelore.resources.crd.files import crd_files, write_crds
from support.manifests import REPOSITORY


def test_the_committed_crds_are_what_the_models_generate() -> None:
    committed = {path.name: path.read_text(encoding="utf-8") for path in (REPOSITORY / "crds").iterdir()}

    assert committed == crd_files(), "run `make crds`"


def test_one_file_a_kind_is_written_into_a_folder_that_need_not_be_there(tmp_path: Path) -> None:
    paths = write_crds(tmp_path / "new" / "crds")

    assert {path.name for path in paths} == {
        "kubelore.io_llmservers.yaml",
        "kubelore.io_knowledgebases.yaml",
        "kubelore.io_ingesttasks.yaml",
    }
    assert [path.read_text(encoding="utf-8") for path in paths] == list(crd_files().values())


def test_each_file_is_one_document_far_below_what_etcd_and_annotations_take() -> None:
    for text in crd_files().values():
        assert yaml.safe_load(text)["kind"] == "CustomResourceDefinition"
        assert len(text.encode()) < 100_000
