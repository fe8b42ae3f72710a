"""The API server and the models judge the same manifests alike."""

from collections.abc import Iterator
from typing import Any

import pytest

from kubelore.resources.kinds import KINDS
from kubelore.resources.validation import validate_manifest
from support.apiserver import RefusedError, ResourceApi
from support.manifests import BadManifest, GoodManifest, bad_manifests, good_manifests

MODELS = {model.info.kind: model for model in KINDS}
NAMESPACE = "golden"


@pytest.fixture(scope="module", autouse=True)
def namespace(apiserver: ResourceApi) -> None:
    apiserver.create_namespace(NAMESPACE)


@pytest.mark.parametrize("manifest", good_manifests(), ids=lambda manifest: manifest.title)
def test_a_good_manifest_is_stored_with_the_defaults_of_the_models(
    apiserver: ResourceApi, manifest: GoodManifest
) -> None:
    model = MODELS[manifest.document["kind"]]

    stored = apiserver.create(in_namespace(manifest.document), dry_run=True)

    expected = validate_manifest(model, manifest.document).spec
    assert validate_manifest(model, stored).spec == expected
    assert set(set_fields(stored["spec"])) == set(set_fields(expected.to_manifest()))


@pytest.mark.parametrize("manifest", bad_manifests(), ids=lambda manifest: manifest.title)
def test_a_bad_manifest_is_refused_by_its_field_with_what_is_right(
    apiserver: ResourceApi, manifest: BadManifest
) -> None:
    with pytest.raises(RefusedError) as refusal:
        apiserver.create(in_namespace(manifest.document), dry_run=True)

    said = str(refusal.value)
    assert manifest.field in said
    assert manifest.from_api_server
    for fragment in manifest.from_api_server:
        assert fragment in said


def in_namespace(document: dict[str, Any]) -> dict[str, Any]:
    return document | {"metadata": document["metadata"] | {"namespace": NAMESPACE}}


def set_fields(value: Any, path: str = "") -> Iterator[str]:
    """Yield the path of everything that holds something; an empty list, map or text says what its absence says."""
    if isinstance(value, dict):
        for name, field in value.items():
            yield from set_fields(field, f"{path}.{name}")
    elif value not in ([], ""):
        yield path
