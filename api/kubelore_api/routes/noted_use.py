"""Tells the meter what an answer's bytes don't."""

from fastapi import Request

from kubelore_api.metering.use import Use
from kubelore_api.rag.generate import Answer
from kubelore_api.rag.retrieve import Scope


def note_answer(http: Request, scope: Scope, answer: Answer) -> None:
    """Note the model and the tokens of an answer."""
    use: Use = http.state.use
    use.model = scope.name
    use.prompt_tokens, use.completion_tokens = answer.tokens.prompt, answer.tokens.completion


def note_upload(http: Request, size: int) -> None:
    """Note a document of so many bytes."""
    use: Use = http.state.use
    use.documents += 1
    use.uploaded_bytes += size
