"""A line of text on a page, and where it stands."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line's text and the rectangle around it; `top` is the smaller of its two heights."""

    text: str
    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """How wide it is."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """How high it is."""
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        """Half way between top and bottom."""
        return (self.top + self.bottom) / 2
