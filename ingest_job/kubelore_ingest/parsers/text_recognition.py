"""Recognises the text of pictures with RapidOCR on ONNX Runtime, by the models that come with it: English, Chinese."""

from functools import cache
from importlib.util import find_spec
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kubelore.errors import ErrorCode, KubeloreError
from kubelore_ingest.parsers.text_line import TextLine

Picture: TypeAlias = NDArray[np.uint8]
"""Rows of pixels of blue, green and red."""

_EXTRA = "ocr"
_PACKAGES = ("rapidocr", "onnxruntime")

_SETTINGS = {
    "Global.log_level": "critical",
    # It draws nothing here; without a path it would fetch a font.
    "Global.font_path": "none",
    # Lines that share a batch are all as wide as its widest.
    "Cls.cls_batch_num": 1,
    "Rec.rec_batch_num": 1,
    # One thread: on cores that others use, too, several wait for each other, spinning.
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
}


class Recogniser:
    """Finds lines in a picture and reads them; loaded once a process."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    def lines(self, picture: Picture) -> list[TextLine]:
        """Return the lines that can be read with some certainty, in no order."""
        found = self._engine(picture)
        if found.txts is None or found.boxes is None:
            return []
        return [_line(text, corners) for text, corners in zip(found.txts, found.boxes, strict=True)]


def recogniser(name: str) -> Recogniser:
    """Return the recogniser; `name` is the file that needs it. Raises KubeloreError READER_NOT_INSTALLED."""
    if not all(map(find_spec, _PACKAGES)):
        raise KubeloreError(ErrorCode.READER_NOT_INSTALLED, name, _EXTRA)
    return _loaded()


@cache
def _loaded() -> Recogniser:
    import cv2  # noqa: PLC0415 - only a scan pays for it
    from rapidocr import RapidOCR  # noqa: PLC0415 - as above

    cv2.setNumThreads(1)
    return Recogniser(RapidOCR(params=_SETTINGS))


def _line(text: str, corners: NDArray[np.float32]) -> TextLine:
    left, top = corners.min(axis=0)
    right, bottom = corners.max(axis=0)
    return TextLine(text, float(left), float(top), float(right), float(bottom))
