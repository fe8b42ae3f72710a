"""The expressions for the API server and the checks in Python mean the same for every text."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubelore.resources.kinds import KINDS
from kubelore.resources.validation import InvalidManifestError, validate_manifest
from support.apiserver import RefusedError, ResourceApi

MODELS = {model.info.kind: model for model in KINDS}

SPECS: dict[str, dict[str, Any]] = {
    "LLMServer": {"engine": "ollama", "serves": ["chat"], "model": {"name": "qwen3"}},
    "KnowledgeBase": {"embedding": {"builtin": "all-MiniLM-L6-v2"}},
    "IngestTask": {"knowledgeBaseRef": {"name": "handbook"}, "source": {"object": {"key": "a.md"}}},
}

TRICKY = "/.-_@: \n\t\r\x0b\xa0\u3000Az0é中\uff11?#'\"\\+eEi*\u200b\x00😀"
"""Separators, and what passes for a letter, a digit or a space in one regular expression engine but not in another."""

FIELDS: dict[str, tuple[str, str, Callable[[str], dict[str, Any]]]] = {
    "label": ("LLMServer", "a-b", lambda text: {"schedulerName": text}),
    "subdomain": ("LLMServer", "a.b-c", lambda text: {"runtimeClassName": text}),
    "quantity": ("LLMServer", "1.5Gi", lambda text: {"cache": {"size": text}}),
    "limit": ("LLMServer", "500m", lambda text: {"resources": {"limits": {"cpu": text}}}),
    "device": ("LLMServer", "nvidia.com/gpu", lambda text: {"accelerator": {"resourceName": text}}),
    "variable": ("LLMServer", "A_B", lambda text: {"env": [{"name": text, "value": "x"}]}),
    "address": ("KnowledgeBase", "http://a:1/b?c#d", lambda text: {"storage": {"vectorStore": {"uri": text}}}),
    "bucket": ("KnowledgeBase", "https://s3.a/b", lambda text: {"storage": {"objectStore": {"url": text}}}),
    "schedule": ("KnowledgeBase", "*/5 * * * *", lambda text: {"sync": {"prefix": "", "schedule": text}}),
    "tenant": ("IngestTask", "acme.b@c", lambda text: {"tenant": text}),
    "metadata key": ("IngestTask", "a_b.c", lambda text: {"metadata": {text: "x"}}),
    "object key": ("IngestTask", "a/b.md", lambda text: {"source": {"object": {"key": text}}}),
    "file name": ("IngestTask", "a.md", lambda text: {"source": {"inline": {"filename": text, "text": "x"}}}),
}


@st.composite
def texts_like(draw: st.DrawFn, right: str) -> str:
    """Change up to three characters of a text that is right."""
    text = right
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(text)))
        added = draw(st.sampled_from(["", *TRICKY]))
        text = text[:place] + added + text[place + draw(st.integers(0, 1)) :]
    return text


@pytest.mark.parametrize("field", FIELDS)
def test_the_api_server_and_the_models_take_the_same_texts(apiserver: ResourceApi, field: str) -> None:
    kind, right, put = FIELDS[field]

    @settings(max_examples=60, deadline=None, database=None)
    @given(texts_like(right))
    def judge(text: str) -> None:
        manifest = {
            "apiVersion": "kubelore.io/v1alpha1",
            "kind": kind,
            "metadata": {"name": "texts"},
            "spec": copy.deepcopy(SPECS[kind]) | put(text),
        }
        assert taken_by_api_server(apiserver, manifest) == taken_by_models(manifest), repr(text)

    judge()


def taken_by_api_server(apiserver: ResourceApi, manifest: dict[str, Any]) -> bool:
    try:
        apiserver.create(manifest, dry_run=True)
    except RefusedError:
        return False
    return True


def taken_by_models(manifest: dict[str, Any]) -> bool:
    try:
        validate_manifest(MODELS[manifest["kind"]], manifest)
    except InvalidManifestError:
        return False
    return True
