"""The base of every frozen model that crosses a process or a store."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class WireModel(BaseModel):
    """A frozen model: camelCase outside, snake_case in Python, unknown fields refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)

    def to_json(self) -> str:
        """Write it as JSON with the outside names, without what is unset."""
        return self.model_dump_json(by_alias=True, exclude_none=True)


class StoredModel(WireModel):
    """A frozen model that is kept: a newer version's fields are ignored, so that a rollback can read it."""

    model_config = ConfigDict(extra="ignore")
