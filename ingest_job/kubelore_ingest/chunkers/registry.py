"""The strategies that text can be cut by: a new one is one module here and one line in `STRATEGIES`."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from kubelore.embedding.interface import TokenCounter
from kubelore.errors import ErrorCode, KubeloreError
from kubelore_ingest.chunkers.chunker import Chunker, Cutter
from kubelore_ingest.chunkers.limits import Limits
from kubelore_ingest.chunkers.markdown import MarkdownCutter
from kubelore_ingest.chunkers.recursive import RecursiveCutter
from kubelore_ingest.chunkers.sentence import SentenceCutter
from kubelore_ingest.chunkers.token import TokenCutter

STRATEGIES: Mapping[str, Callable[[Limits], Cutter]] = MappingProxyType(
    {"recursive": RecursiveCutter, "markdown": MarkdownCutter, "sentence": SentenceCutter, "token": TokenCutter}
)


def make_chunker(strategy: str, size: int, overlap: int, unit: str, counter: TokenCounter) -> Chunker:
    """Return the chunker for a knowledge base's `spec.chunking`; `unit` is `tokens` or `characters`.

    Where the model reads less than `size`, chunks are as long as it reads. Raises KubeloreError RESOURCE_INVALID.
    """
    cutter = STRATEGIES.get(strategy)
    if cutter is None:
        raise KubeloreError(
            ErrorCode.RESOURCE_INVALID, "spec.chunking.strategy", f"{strategy}: use one of {', '.join(STRATEGIES)}"
        )
    limits = Limits(size, overlap, unit, counter)
    return Chunker(cutter(limits), limits)
