"""Reads a knowledge base with the settings of one of its generations."""

from kubelore.resources.knowledge_base import Embedding, Generation, KnowledgeBase


def with_settings_of(kb: KnowledgeBase, generation: Generation) -> KnowledgeBase:
    """Return the knowledge base as one that asks for what a generation was built with.

    What is put before questions is not part of what was built, so it stays what the spec says for the same passages.
    """
    wanted, built = kb.spec.embedding, generation.embedding
    embedding = wanted if passages_of(wanted) == passages_of(built) else built
    built_with = {"embedding": embedding, "parsing": generation.parsing, "chunking": generation.chunking}
    spec = kb.spec.model_copy(update=built_with)
    return kb.model_copy(update={"spec": spec})


def answering(kb: KnowledgeBase) -> KnowledgeBase:
    """Return the knowledge base as its answering generation was built: questions and documents have to go with it."""
    built = kb.status.generation.answering
    return kb if built is None else with_settings_of(kb, built)


def beside(kb: KnowledgeBase) -> tuple[Generation, ...]:
    """Return the generations beside the answering one, into which documents go as well."""
    status = kb.status.generation
    return tuple(each for each in (status.next, status.previous) if each is not None)


def passages_of(embedding: Embedding) -> Embedding:
    """Return the part of an embedding that decides the vectors of passages."""
    return embedding.model_copy(update={"query_prefix": ""})
