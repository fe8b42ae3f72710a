"""What a request may change of how its knowledge base is searched."""

from pydantic import BaseModel, ConfigDict, Field

from kubelore.resources.knowledge_base import RetrievalMode
from kubelore_api.rag.tuning import Tuning


class RetrievalOptions(BaseModel):
    """Values in place of the knowledge base's own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: RetrievalMode | None = Field(default=None, description="dense, sparse or hybrid.")
    top_k: int | None = Field(default=None, ge=1, le=100, description="The most sources.")
    score_threshold: float | None = Field(default=None, ge=0, le=1, description="The least score of a source.")
    ef: int | None = Field(default=None, ge=1, le=32768, description="The breadth of an HNSW search.")

    def tuning(self) -> Tuning:
        """Return it as the stages read it."""
        return Tuning(self.mode, self.top_k, self.score_threshold, self.ef)


class RankingOptions(BaseModel):
    """How OpenAI's clients say how results are ranked; the ranker itself is the knowledge base's to choose."""

    model_config = ConfigDict(extra="ignore")

    score_threshold: float | None = Field(default=None, ge=0, le=1, description="Default: the knowledge base's.")
    ef: int | None = Field(default=None, ge=1, le=32768, description="Kubelore's own: the breadth of an HNSW search.")
