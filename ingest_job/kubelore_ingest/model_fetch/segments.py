"""How a file is cut into ranges that are fetched side by side."""

from kubelore.documents.models import StoredModel


class Segment(StoredModel):
    """The bytes from `start` up to, and without, `end`; the first `done` of them lie on the volume.

    `end` is missing for a whole file of unknown size.
    """

    start: int
    end: int | None = None
    done: int = 0

    @property
    def is_done(self) -> bool:
        """Whether every byte is there; never so where nobody knows how many there are."""
        return self.end is not None and self.start + self.done >= self.end

    @property
    def missing(self) -> int | None:
        """Bytes that are not there yet."""
        return None if self.end is None else self.end - self.start - self.done


def cut(size: int, segment_bytes: int) -> tuple[Segment, ...]:
    """Cut a file into segments of equal size, the last one shorter."""
    return tuple(Segment(start=start, end=min(start + segment_bytes, size)) for start in range(0, size, segment_bytes))


def whole(size: int | None) -> tuple[Segment, ...]:
    """Take a file as one segment."""
    return () if size == 0 else (Segment(start=0, end=size),)
