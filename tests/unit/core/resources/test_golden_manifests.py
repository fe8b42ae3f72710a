import pytest

from kubelore.resources.kinds import KINDS
from kubelore.resources.validation import InvalidManifestError, validate_manifest
from support.manifests import BadManifest, GoodManifest, bad_manifests, good_manifests

MODELS = {model.info.kind: model for model in KINDS}


@pytest.mark.parametrize("manifest", good_manifests(), ids=lambda manifest: manifest.title)
def test_the_models_take_a_good_manifest_and_write_it_so_that_it_reads_the_same(manifest: GoodManifest) -> None:
    resource = validate_manifest(MODELS[manifest.document["kind"]], manifest.document)

    written = manifest.document | {"spec": resource.spec.to_manifest()}
    assert validate_manifest(MODELS[manifest.document["kind"]], written) == resource


@pytest.mark.parametrize("manifest", bad_manifests(), ids=lambda manifest: manifest.title)
def test_the_models_refuse_a_bad_manifest_by_its_field_and_say_what_is_right(manifest: BadManifest) -> None:
    with pytest.raises(InvalidManifestError) as refusal:
        validate_manifest(MODELS[manifest.document["kind"]], manifest.document)

    said = str(refusal.value)
    assert said.startswith(manifest.field)
    assert manifest.from_models
    for fragment in manifest.from_models:
        assert fragment in said
