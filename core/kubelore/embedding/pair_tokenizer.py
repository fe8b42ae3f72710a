"""Turns a question and a passage into a cross-encoder's token ids."""

from collections.abc import Sequence
from dataclasses import dataclass

from kubelore.embedding.cross_encoder_files import CrossEncoderModel
from kubelore.embedding.model_files import TOKENIZER_FILE
from kubelore.embedding.text import valid_unicode
from kubelore.embedding.tokenizer import LONGEST_TOKEN, TokenIds, read_tokenizer


@dataclass(frozen=True, slots=True)
class PairIds:
    """The ids of both texts with the special ones, and for each the part that it is of: 0 or 1."""

    ids: TokenIds
    types: TokenIds


class PairTokenizer:
    """A model's `tokenizer.json`; safe to use from several threads."""

    def __init__(self, model: CrossEncoderModel) -> None:
        """Read the tokenizer; raises KubeloreError MODEL_NOT_FOUND or MODEL_CORRUPT."""
        self._tokenizer = read_tokenizer(model.folder / TOKENIZER_FILE)
        self._tokenizer.enable_truncation(model.max_tokens, strategy="longest_first")
        self._most_characters = model.max_tokens * LONGEST_TOKEN

    def encode(self, question: str, passages: Sequence[str]) -> list[PairIds]:
        """Return each pair's ids; what the model can't read is cut off the longer of the two."""
        asked = self._clean(question)
        encodings = self._tokenizer.encode_batch_fast([(asked, self._clean(passage)) for passage in passages])
        return [PairIds(tuple(encoding.ids), tuple(encoding.type_ids)) for encoding in encodings]

    def _clean(self, text: str) -> str:
        return valid_unicode(text[: self._most_characters])
