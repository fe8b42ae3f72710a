import pytest

from kubelore.errors import ErrorCode, KubeloreError
from kubelore_api.ingest.task_id import TaskId


@pytest.mark.parametrize("knowledge_base", ["handbook", "hand.book", "v1.2.docs"])
def test_an_id_is_read_as_it_was_written(knowledge_base: str) -> None:
    task_id = TaskId("team-a", knowledge_base, "upload-12ab", "4f9c-11")
    assert TaskId.parse(str(task_id)) == task_id


@pytest.mark.parametrize(
    "text", ["", "x", "a.b.c", "../..b.c.d", "a/b.c.d.e", "a.b.c.d\n", "A.b.c.d", "a.b.c.d?e", "a" * 5000]
)
def test_anything_else_is_an_unknown_task(text: str) -> None:
    with pytest.raises(KubeloreError) as caught:
        TaskId.parse(text)
    assert caught.value.code is ErrorCode.RESOURCE_NOT_FOUND
    assert len(caught.value.message) < 500
