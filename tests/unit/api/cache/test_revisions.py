from pathlib import Path

import pytest

from kubelore.documents.layout import Layout
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.objectstore.folder import FolderStore
from kubelore.objectstore.interface import ObjectInfo
from kubelore.vectorstore.interface import MOST_SECONDS_BEHIND
from kubelore_api.cache.revisions import SECONDS_OF_REST, Revisions
from support.builders import knowledge_base

KB = knowledge_base()
KEY = Layout(KB.metadata.namespace, KB.metadata.name).revision


class Time:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class MortalStore(FolderStore):
    """A folder that can be away."""

    is_away = False

    def stat(self, key: str) -> ObjectInfo | None:
        """Describe an object."""
        if self.is_away:
            raise KubeloreError(ErrorCode.OBJECT_STORE_UNREACHABLE, key)
        return super().stat(key)


@pytest.fixture
def store(tmp_path: Path) -> MortalStore:
    return MortalStore(tmp_path)


def test_rows_that_no_worker_has_written_have_no_revision(store: MortalStore) -> None:
    assert Revisions(store).of([KB]) is None


def test_every_change_makes_another_revision(store: MortalStore) -> None:
    revisions, words = Revisions(store), set()
    for word in (b"one", b"two", b"one"):
        store.put(KEY, word)
        revision = revisions.of([KB])
        assert revision is not None
        words.add(revision.word)
    assert len(words) == 3


def test_a_revision_is_settled_once_searches_have_caught_up_with_it(store: MortalStore) -> None:
    time = Time()
    revisions = Revisions(store, time)
    for _ in range(2):
        store.put(KEY, b"word")
        told = []
        for seconds in (0.0, MOST_SECONDS_BEHIND - 1, 1.0):
            time.now += seconds
            revision = revisions.of([KB])
            assert revision is not None
            told.append(revision.is_settled)
        assert told == [False, False, True]


def test_several_knowledge_bases_have_one_revision_together(store: MortalStore) -> None:
    other = knowledge_base("other")
    revisions = Revisions(store)
    store.put(KEY, b"word")
    assert revisions.of([KB, other]) is None
    store.put(Layout(other.metadata.namespace, "other").revision, b"word")
    before = revisions.of([KB, other])
    store.put(KEY, b"another")
    assert before is not None
    assert revisions.of([KB, other]) not in {None, before}


def test_an_object_store_that_is_away_is_left_alone_for_a_while(store: MortalStore) -> None:
    time = Time()
    revisions = Revisions(store, time)
    store.put(KEY, b"word")
    store.is_away = True
    assert revisions.of([KB]) is None
    store.is_away = False
    assert revisions.of([KB]) is None
    time.now += SECONDS_OF_REST
    assert revisions.of([KB]) is not None
