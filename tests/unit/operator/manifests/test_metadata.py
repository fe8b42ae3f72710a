import re

import pytest

from kubelore_operator.manifests.metadata import child_metadata, child_name, label_value, labels
from support.builders import ingest_task

DNS_LABEL = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
LABEL_VALUE = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
LONG_NAMES = ["a" * 253, "a" * 39 + "-" * 10 + "b", "pages.of.team-a", "a" * 38 + "." + "b" * 60]


@pytest.mark.parametrize("name", LONG_NAMES)
def test_a_childs_name_leaves_room_for_a_pods_index(name: str) -> None:
    made = child_name(name, "uid")

    assert DNS_LABEL.fullmatch(made)
    assert len(made) <= 50


@pytest.mark.parametrize("name", LONG_NAMES)
def test_names_that_begin_alike_give_different_children(name: str) -> None:
    assert child_name(name, "uid") != child_name(name + "x", "uid")
    assert label_value(name + "x" * 63) != label_value(name + "x" * 64)


@pytest.mark.parametrize("name", LONG_NAMES)
def test_any_name_fits_into_a_label(name: str) -> None:
    assert LABEL_VALUE.fullmatch(label_value(name))
    assert len(label_value(name)) <= 63


def test_a_child_goes_when_its_owner_goes() -> None:
    (reference,) = child_metadata(ingest_task(), "pages-1", "ingest")["ownerReferences"]

    assert (reference["kind"], reference["name"], reference["uid"]) == ("IngestTask", "pages", "uid-of-pages")
    assert reference["controller"] is True
    assert reference["blockOwnerDeletion"] is True


def test_every_child_says_whose_it_is() -> None:
    found = labels(ingest_task(), "ingest", {"more": "yes"})

    assert found["app.kubernetes.io/managed-by"] == "kubelore"
    assert found["kubelore.io/uid"] == "uid-of-pages"
    assert found["more"] == "yes"
