from pathlib import Path

from kubelore.resources.base import ResourceKey
from kubelore.resources.keyed_data import KeyedData
from kubelore.resources.manifests import Manifests
from kubelore_cli.laptop.mounted_source import mount_source
from kubelore_operator.reconcile.findings import Finding
from support.builders import ingest_task

KEY = ResourceKey("ConfigMap", "team-a", "faq")
MANIFESTS = Manifests({}, {KEY: KeyedData(KEY, {"page.md": "# 你好".encode()})}, {}, ())


def test_inline_text_is_laid_down_as_a_file(tmp_path: Path) -> None:
    task = ingest_task(source={"inline": {"filename": "a.md", "text": "# 你好"}})

    path = mount_source(task, MANIFESTS, tmp_path / "run")

    assert isinstance(path, Path)
    assert path.read_text(encoding="utf-8") == "# 你好"


def test_a_config_maps_key_is_laid_down_as_a_file(tmp_path: Path) -> None:
    task = ingest_task(source={"configMap": {"name": "faq", "key": "page.md"}})

    path = mount_source(task, MANIFESTS, tmp_path)

    assert isinstance(path, Path)
    assert path.read_text(encoding="utf-8") == "# 你好"


def test_a_config_map_that_is_not_there_is_waited_for(tmp_path: Path) -> None:
    task = ingest_task(source={"configMap": {"name": "faq", "key": "other.md"}})

    waits_for = mount_source(task, MANIFESTS, tmp_path)

    assert isinstance(waits_for, Finding)
    assert "ConfigMap faq with the key other.md" in waits_for.message


def test_other_sources_need_no_file(tmp_path: Path) -> None:
    assert mount_source(ingest_task(), MANIFESTS, tmp_path) is None
