"""What one request used."""

import re
from dataclasses import dataclass

_PROMPT = re.compile(rb'"(?:prompt|input)_tokens": ?(\d{1,12})')
_COMPLETION = re.compile(rb'"(?:completion|output)_tokens": ?(\d{1,12})')
_MODEL = re.compile(rb'"model": ?"([^"\\]{1,512})"')
_FIGURES = b'_tokens"'
_DELTA = b'"delta"'


@dataclass(slots=True)
class Use:
    """Counted while a request is answered; a route may say what its answer doesn't."""

    model: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    documents: int = 0
    uploaded_bytes: int = 0

    @property
    def tokens(self) -> int:
        """All of them."""
        return self.prompt_tokens + self.completion_tokens


class AnswerReader:
    """Reads from an answer's bytes which model gave it and how many tokens it took, without parsing it.

    Within a JSON text, a quote is escaped, so that nothing that a model writes looks like these fields. A stream that
    tells no usage is counted by its pieces, which are a token each, or nearly.
    """

    def __init__(self, use: Use) -> None:
        """Note what is found in a request's use."""
        self._use = use
        self._pieces = 0

    def read(self, body: bytes) -> None:
        """Look at the next part; the last figures are the whole answer's."""
        use = self._use
        # Nearly every piece of a stream has none, and it takes a tenth of the time to see that.
        if _FIGURES in body:
            use.prompt_tokens = _last(_PROMPT, body, use.prompt_tokens)
            use.completion_tokens = _last(_COMPLETION, body, use.completion_tokens)
        self._pieces += body.count(_DELTA)
        if not use.model and (found := _MODEL.search(body)):
            use.model = found[1].decode(errors="replace")

    def end(self) -> None:
        """Count by pieces what told no figures."""
        if not self._use.completion_tokens:
            self._use.completion_tokens = self._pieces


def _last(pattern: re.Pattern[bytes], body: bytes, known: int) -> int:
    found = pattern.findall(body)
    return int(found[-1]) if found else known
