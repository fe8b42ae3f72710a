"""Turns texts into the embedding model's token ids."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Encoding, Tokenizer

from kubelore.embedding.model_files import TOKENIZER_FILE, SentenceModel
from kubelore.embedding.text import valid_unicode, visible_characters
from kubelore.embedding.word_counts import WordCounts, counts_by_word
from kubelore.errors import ErrorCode, KubeloreError

_log = logging.getLogger(__name__)

TokenIds = tuple[int, ...]

LONGEST_TOKEN = 64
"""Characters a token on average at most, in a text of any language: the rest is cut off before tokenising."""


@dataclass(frozen=True, slots=True)
class TokenizerFiles:
    """Where a tokenizer lies, and what its file doesn't say; a SentenceModel knows all of it, too."""

    folder: Path
    max_tokens: int
    lower_case: bool
    unknown_token: str | None


@dataclass(frozen=True, slots=True)
class _Frame:
    """The special tokens before and after a text's own."""

    before: TokenIds
    after: TokenIds

    @property
    def size(self) -> int:
        return len(self.before) + len(self.after)


class ModelTokenizer:
    """A model's `tokenizer.json`; safe to use from several threads.

    It implements TokenCounter for whole texts. `max_tokens` leaves out the special tokens and those of `prefix`, which
    goes before every counted text when it is embedded.
    """

    def __init__(self, model: SentenceModel | TokenizerFiles, prefix: str = "") -> None:
        """Read the tokenizer; raises KubeloreError MODEL_NOT_FOUND, MODEL_UNSUPPORTED or MODEL_CORRUPT."""
        self._tokenizer = read_tokenizer(model.folder / TOKENIZER_FILE)
        self._lower_case = model.lower_case
        self._unknown = self._tokenizer.token_to_id(model.unknown_token) if model.unknown_token else None
        self._frame = _find_frame(self._tokenizer)
        self._words = WordCounts(self._count_each) if counts_by_word(self._tokenizer) else None
        self._limit = model.max_tokens - self._frame.size
        self.max_tokens = self._limit - (self.count(prefix) if prefix else 0)

    def count(self, text: str) -> int:
        """Return the number of tokens of a text of any length, without the special ones."""
        readable = self._clean(text)
        return self._words.count(readable) if self._words else self._count_each([readable])[0]

    def encode(self, texts: Sequence[str]) -> list[TokenIds]:
        """Return each text's ids with the special ones around them; what the model can't read is cut off."""
        readable = [self._clean(text[: self._limit * LONGEST_TOKEN]) for text in texts]
        encodings = self._encode(readable)
        cut = sum(len(encoding.ids) > self._limit for encoding in encodings)
        if cut:
            _log.warning("%d of %d texts are longer than the %d tokens that are read", cut, len(texts), self._limit)
        return [self._framed(encoding.ids) for encoding in encodings]

    def known_share(self, text: str) -> float:
        """Return the share, 0 to 1, of a text's non-space characters that no unknown token covers; 1 of no text.

        A model knows next to nothing of a text in a script that its tokenizer wasn't made for.
        """
        readable = self._clean(text[: self._limit * LONGEST_TOKEN])
        total = visible_characters(readable)
        return 1 - self._unknown_characters(readable) / total if total else 1.0

    def _unknown_characters(self, text: str) -> int:
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        spans = zip(encoding.ids, encoding.offsets, strict=True)
        return sum(visible_characters(text[start:end]) for token, (start, end) in spans if token == self._unknown)

    def _count_each(self, texts: Sequence[str]) -> list[int]:
        return [len(encoding.ids) for encoding in self._encode(list(texts))]

    def _encode(self, texts: list[str]) -> list[Encoding]:
        return self._tokenizer.encode_batch_fast(texts, add_special_tokens=False)

    def _clean(self, text: str) -> str:
        valid = valid_unicode(text)
        return valid.lower() if self._lower_case else valid

    def _framed(self, ids: Sequence[int]) -> TokenIds:
        return (*self._frame.before, *ids[: self._limit], *self._frame.after)


def read_tokenizer(path: Path) -> Tokenizer:
    """Read a tokenizer that neither cuts nor pads; raises MODEL_NOT_FOUND or MODEL_CORRUPT."""
    if not path.is_file():
        raise KubeloreError(ErrorCode.MODEL_NOT_FOUND, f"model file {path}")
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:
        raise KubeloreError(ErrorCode.MODEL_CORRUPT, f"model file {path}", "no tokenizer can be read") from error
    # Files as published have cutting and padding to a fixed length switched on.
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _find_frame(tokenizer: Tokenizer) -> _Frame:
    """Read the special tokens off an example: the tokenizer's template has no other accessor."""
    encoding = tokenizer.encode("a")
    own = [index for index, special in enumerate(encoding.special_tokens_mask) if not special]
    return _Frame(before=tuple(encoding.ids[: own[0]]), after=tuple(encoding.ids[own[-1] + 1 :]))
