"""Names of collections and aliases; no two knowledge bases share one."""

import re
from dataclasses import dataclass

from kubelore.documents.ids import fingerprint

_UNSAFE = re.compile(r"[^A-Za-z0-9_]")
_LONGEST_READABLE = 100


@dataclass(frozen=True, slots=True)
class CollectionNames:
    """The alias of a knowledge base, and the collections of its generations.

    Milvus takes letters, digits and underscores only; the hash keeps `a-b` and `a_b` apart.
    """

    namespace: str
    knowledge_base: str

    @property
    def alias(self) -> str:
        """What every search asks."""
        readable = _UNSAFE.sub("_", f"{self.namespace}_{self.knowledge_base}")[:_LONGEST_READABLE]
        return f"kl_{readable}_{fingerprint(self.namespace, self.knowledge_base)[:8]}"

    def collection(self, generation: int) -> str:
        """What one generation's rows are written to."""
        return f"{self.alias}_g{generation}"


def is_generation_of(alias: str, collection: str) -> bool:
    """Say whether a collection is a generation of the knowledge base that the alias stands for."""
    return re.fullmatch(rf"{re.escape(alias)}_g\d+", collection) is not None
