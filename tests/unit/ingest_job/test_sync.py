from hypothesis import given
from hypothesis import strategies as st

from kubelore.documents.plan import PlannedDocument
from kubelore_ingest.operations.sync import Difference, compare
from kubelore_ingest.spool import Spool

lists = st.dictionaries(st.text(max_size=4), st.sampled_from(["", "1", "2"]), max_size=12)


def in_order(etags: dict[str, str]) -> list[PlannedDocument]:
    return [PlannedDocument(source, etag) for source, etag in sorted(etags.items())]


@given(lists, lists)
def test_every_document_of_either_list_is_told_of_once(present: dict[str, str], known: dict[str, str]) -> None:
    found = {document.source: difference for difference, document in compare(in_order(present), in_order(known))}

    assert found.keys() == present.keys() | known.keys()
    for source, difference in found.items():
        assert (difference is Difference.GONE) == (source not in present)
        assert (difference is Difference.ADDED) == (source not in known)


def test_a_document_whose_etag_is_new_has_changed() -> None:
    ((difference, document),) = compare(in_order({"a.md": "2"}), in_order({"a.md": "1"}))

    assert (difference, document.etag) == (Difference.CHANGED, "2")


def test_a_document_that_failed_counts_as_changed_again() -> None:
    ((difference, _),) = compare(in_order({"a.md": ""}), in_order({"a.md": ""}))

    assert difference is Difference.CHANGED


def test_a_spool_is_read_as_often_as_needed() -> None:
    documents = in_order({"a.md": "1", "b\n.md": "2"})
    with Spool() as spool:
        for document in documents:
            spool.append(document)

        assert (list(spool), list(spool), len(spool)) == (documents, documents, 2)
        stream, size = spool.stream()
        assert len(stream.read()) == size
