from pathlib import Path
from typing import Any

from kubelore.resources.base import ResourceKey
from kubelore.resources.keyed_data import KeyedData
from kubelore.resources.manifests import Manifests
from kubelore_cli.laptop.api_keys import ApiKeys
from support.builders import llm_server

EXTERNAL: dict[str, Any] = {
    "engine": "external",
    "serves": ["chat"],
    "model": {"name": "qwen3"},
    "external": {"baseURL": "http://127.0.0.1:11434/v1", "apiKeySecretRef": {"name": "keys", "key": "qwen"}},
}
SERVER = llm_server("qwen", **EXTERNAL)
NOTHING = Manifests({}, {}, {}, ())


def with_secret(value: bytes) -> Manifests:
    key = ResourceKey("Secret", "team-a", "keys")
    return Manifests({}, {key: KeyedData(key, {"qwen": value})}, {}, ())


def test_a_secret_of_the_manifests_becomes_a_file_that_only_we_read(tmp_path: Path) -> None:
    keys = ApiKeys(tmp_path / "keys")

    keys.take_over([SERVER], with_secret(b"sk-1\n"))

    assert keys.of(SERVER).get_secret_value() == "sk-1"
    file = tmp_path / "keys" / "team-a.qwen"
    assert file.stat().st_mode & 0o077 == 0
    assert file.parent.stat().st_mode & 0o077 == 0


def test_a_rotated_key_counts(tmp_path: Path) -> None:
    keys = ApiKeys(tmp_path)
    keys.take_over([SERVER], with_secret(b"sk-1"))

    keys.take_over([SERVER], with_secret(b"sk-2"))

    assert keys.of(SERVER).get_secret_value() == "sk-2"


def test_a_key_that_lies_in_the_folder_is_found_and_kept(tmp_path: Path) -> None:
    (tmp_path / "team-a.qwen").write_text("sk-file")
    keys = ApiKeys(tmp_path)

    keys.take_over([SERVER], NOTHING)

    assert keys.of(SERVER).get_secret_value() == "sk-file"


def test_looking_for_a_key_writes_nothing(tmp_path: Path) -> None:
    keys = ApiKeys(tmp_path / "keys")

    assert keys.find(SERVER, with_secret(b"sk-1")).get_secret_value() == "sk-1"
    assert keys.find(SERVER, NOTHING).get_secret_value() == ""
    assert not (tmp_path / "keys").exists()


def test_a_server_that_wants_no_key_gets_none(tmp_path: Path) -> None:
    (tmp_path / "team-a.embedder").write_text("sk")

    assert ApiKeys(tmp_path).of(llm_server()).get_secret_value() == ""
    assert ApiKeys(tmp_path).of(None).get_secret_value() == ""
