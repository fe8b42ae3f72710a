from hypothesis import given
from hypothesis import strategies as st

from kubelore_ingest.model_fetch.segments import Segment, cut, whole


@given(size=st.integers(0, 10_000), segment_bytes=st.integers(1, 3_000))
def test_segments_cover_a_file_once(size: int, segment_bytes: int) -> None:
    covered = [place for segment in cut(size, segment_bytes) for place in range(segment.start, segment.end or 0)]

    assert covered == list(range(size))


def test_a_segment_knows_what_is_missing() -> None:
    assert Segment(start=10, end=20, done=4).missing == 6
    assert not Segment(start=10, end=20, done=9).is_done
    assert Segment(start=10, end=20, done=10).is_done


def test_a_file_of_unknown_size_is_never_done_by_itself() -> None:
    (segment,) = whole(None)

    assert segment.missing is None
    assert not segment.is_done


def test_an_empty_file_has_no_segment() -> None:
    assert whole(0) == cut(0, 10) == ()
