import pytest

from kubelore.errors import ErrorCode, KubeloreError
from kubelore_ingest.model_fetch.names import name_in_url, safe_path


@pytest.mark.parametrize("name", ["model.gguf", "a/b/c.bin", "..a", "模型.gguf", "a b+c.gguf", "sub/.complete.json"])
def test_ordinary_names_are_taken_as_they_are(name: str) -> None:
    assert safe_path(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/",
        "/a",
        "a/",
        "a//b",
        ".",
        "..",
        "a/..",
        "../a",
        "a\\..\\b",
        "a\0b",
        "a\nb",
        "\ud800",
        "a" * 256,
        "a/" * 600 + "a",
        ".lock",
        ".complete.json",
        ".complete.json.new",
        ".progress.json",
        ".partial/a",
    ],
)
def test_names_that_lead_elsewhere_or_are_ours_are_refused(name: str) -> None:
    with pytest.raises(KubeloreError) as error:
        safe_path(name)

    assert error.value.code is ErrorCode.MODEL_SOURCE_REFUSED


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://host/a/tiny.gguf?x=1#y", "tiny.gguf"),
        ("https://host/tiny%20model.gguf", "tiny model.gguf"),
        ("https://host/a%2F..%2F..%2Fevil", "evil"),
        ("https://host/a/..", "model"),
        ("https://host", "model"),
        ("https://host/.complete.json", "model"),
        ("https://host/%00", "model"),
    ],
)
def test_a_file_is_named_by_its_address(url: str, name: str) -> None:
    assert name_in_url(url) == name
