from pathlib import Path
from textwrap import dedent

import pytest

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.resources.base import ResourceKey
from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore.resources.manifests import read_manifests

KNOWLEDGE_BASE = """
apiVersion: kubelore.io/v1alpha1
kind: KnowledgeBase
metadata: {name: handbook}
spec:
  embedding: {builtin: all-MiniLM-L6-v2}
"""

TASK = """
apiVersion: kubelore.io/v1alpha1
kind: IngestTask
metadata: {name: pages, namespace: team-b}
spec:
  knowledgeBaseRef: {name: handbook}
  source: {prefix: {prefix: pages/}}
"""

EXTERNAL_WITHOUT_ENDPOINT = """
apiVersion: kubelore.io/v1alpha1
kind: LLMServer
metadata: {name: gpt}
spec: {engine: external, serves: [chat], model: {name: gpt}}
"""


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(dedent(text), encoding="utf-8")
    return folder


def problem_of(folder: Path) -> str:
    with pytest.raises(KubeloreError) as raised:
        read_manifests(folder, "default")
    assert raised.value.code is ErrorCode.RESOURCE_INVALID
    return raised.value.message


def test_every_document_of_every_yaml_file_is_read(tmp_path: Path) -> None:
    write(tmp_path, a=f"{KNOWLEDGE_BASE}---\n{TASK}")
    (tmp_path / "b.yml").write_text(KNOWLEDGE_BASE.replace("handbook", "faq"))
    (tmp_path / "notes.txt").write_text("not a manifest")

    manifests = read_manifests(tmp_path, "default")

    assert set(manifests.resources) == {
        ResourceKey("KnowledgeBase", "default", "handbook"),
        ResourceKey("IngestTask", "team-b", "pages"),
        ResourceKey("KnowledgeBase", "default", "faq"),
    }
    assert str(manifests.places[ResourceKey("IngestTask", "team-b", "pages")]) == "a.yaml, document 2"


def test_a_resource_without_a_namespace_gets_the_installations(tmp_path: Path) -> None:
    manifests = read_manifests(write(tmp_path, kb=KNOWLEDGE_BASE), "team-a")

    (kb,) = manifests.resources.values()
    assert isinstance(kb, KnowledgeBase)
    assert kb.metadata.namespace == "team-a"


def test_a_status_in_a_manifest_says_nothing(tmp_path: Path) -> None:
    manifests = read_manifests(write(tmp_path, kb=KNOWLEDGE_BASE + "status: {documents: 7}\n"), "default")

    (kb,) = manifests.resources.values()
    assert isinstance(kb, KnowledgeBase)
    assert kb.status.documents == 0


def test_kinds_of_other_groups_are_ignored_with_a_notice(tmp_path: Path) -> None:
    deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"

    manifests = read_manifests(write(tmp_path, all=f"{KNOWLEDGE_BASE}---\n{deployment}"), "default")

    assert len(manifests.resources) == 1
    assert manifests.notices == (
        "all.yaml, document 2: Deployment of apps/v1 means something in a cluster only, and is ignored",
    )


def test_config_maps_and_secrets_are_read_by_key(tmp_path: Path) -> None:
    write(
        tmp_path,
        config="apiVersion: v1\nkind: ConfigMap\nmetadata: {name: faq}\ndata: {page.md: '# Hello'}\n",
        secret="""
            apiVersion: v1
            kind: Secret
            metadata: {name: keys}
            data: {old: b2xk, both: b2xk}
            stringData: {both: new}
        """,
    )

    manifests = read_manifests(tmp_path, "default")

    assert manifests.value("ConfigMap", "default", "faq", "page.md") == b"# Hello"
    assert manifests.value("Secret", "default", "keys", "old") == b"old"
    assert manifests.value("Secret", "default", "keys", "both") == b"new"
    assert manifests.value("Secret", "default", "keys", "missing") is None
    assert manifests.value("Secret", "other", "keys", "old") is None


def test_a_secrets_values_never_show_in_its_repr(tmp_path: Path) -> None:
    write(tmp_path, s="apiVersion: v1\nkind: Secret\nmetadata: {name: keys}\nstringData: {key: hunter2}\n")

    manifests = read_manifests(tmp_path, "default")

    assert "hunter2" not in repr(manifests)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(KubeloreError, match="nowhere") as raised:
        read_manifests(tmp_path / "nowhere", "default")
    assert raised.value.code is ErrorCode.SETTINGS_INVALID


def kb_with(spec: str) -> str:
    return f"{KNOWLEDGE_BASE}  {spec}\n"


BAD = {
    "no embedding": (KNOWLEDGE_BASE.replace("embedding: {builtin: all-MiniLM-L6-v2}", "chunking: {}"),
                     "spec.embedding", "must be set"),
    "no spec": ("apiVersion: kubelore.io/v1alpha1\nkind: KnowledgeBase\nmetadata: {name: x}\n", "spec", "must be set"),
    "a misspelt field": (kb_with("chunkin: {size: 256}"), "spec.chunkin", "did you mean chunking?"),
    "a field from elsewhere": (kb_with("chunking: {zzz: 1}"), "spec.chunking.zzz",
                               "here may stand strategy, size, overlap, unit"),
    "a Python name": (kb_with("retrieval: {top_k: 3}"), "spec.retrieval.top_k", "did you mean topK?"),
    "text for a number": (kb_with("chunking: {size: '256'}"), "spec.chunking.size", "must be a valid integer"),
    "a number out of range": (kb_with("chunking: {size: 2}"), "spec.chunking.size", "greater than or equal to 16"),
    "an unknown choice": (kb_with("chunking: {strategy: words}"), "spec.chunking.strategy",
                          "'recursive', 'markdown', 'sentence' or 'token'"),
    "a broken rule": (kb_with("chunking: {size: 100, overlap: 60}"), "spec.chunking", "at most half of size"),
    "two of one": (KNOWLEDGE_BASE.replace("{builtin: all-MiniLM-L6-v2}",
                                          "{builtin: all-MiniLM-L6-v2, llmServerRef: {name: e}}"),
                   "spec.embedding", "exactly one of llmServerRef, builtin"),
    "a bad name": (KNOWLEDGE_BASE.replace("handbook", "Hand_Book"), "metadata.name", "must be lower-case letters"),
    "a number for a name": (KNOWLEDGE_BASE.replace("handbook", "42"), "metadata.name", "must be a valid string"),
    "no name": (KNOWLEDGE_BASE.replace("name: handbook", "labels: {}"), "metadata.name", "must be set"),
    "no metadata": (KNOWLEDGE_BASE.replace("metadata: {name: handbook}", ""), "metadata", "must be"),
    "a bad namespace": (KNOWLEDGE_BASE.replace("name: handbook", "name: x, namespace: a.b"), "metadata.namespace",
                        "must be lower-case letters"),
    "another version": (KNOWLEDGE_BASE.replace("v1alpha1", "v1"), "apiVersion", "must be kubelore.io/v1alpha1"),
    "no group": (KNOWLEDGE_BASE.replace("kubelore.io/v1alpha1", "v1"), "apiVersion", "must be kubelore.io/v1alpha1"),
    "no apiVersion": (KNOWLEDGE_BASE.replace("apiVersion: kubelore.io/v1alpha1", ""), "apiVersion", "must be set"),
    "no kind": (KNOWLEDGE_BASE.replace("kind: KnowledgeBase", ""), "kind", "must be set"),
    "a kind that we do not have": (KNOWLEDGE_BASE.replace("KnowledgeBase", "Knowledgebase"), "kind",
                                   "must be one of LLMServer, KnowledgeBase, IngestTask"),
    "a list": ("- a\n- b\n", "document 1", "must be an object"),
    "a key twice": (KNOWLEDGE_BASE + "kind: IngestTask\n", "document 1", "the key kind stands twice"),
    "no YAML": ("a: [1, 2\n", "document 1", "must be YAML"),
    "an external server without an endpoint": (EXTERNAL_WITHOUT_ENDPOINT, "spec", "external must be set"),
    "a task with two sources": (TASK.replace("{prefix: {prefix: pages/}}", "{prefix: {prefix: a/}, object: {key: a}}"),
                                "spec.source", "exactly one of"),
    "a secret that is not base64": (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {key: '%%%'}\n", "data.key", "must be base64"),
    "a config map with a number": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {port: 8080}\n", "data.port", "must be a string"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "field", "cause"), BAD.values(), ids=BAD.keys())
def test_a_bad_manifest_is_refused_by_file_document_field_and_what_is_right(
    tmp_path: Path, text: str, field: str, cause: str
) -> None:
    write(tmp_path, bad=text)

    message = problem_of(tmp_path)

    place, _, rest = message.partition(": the manifest is not valid (")
    assert place.startswith("bad.yaml, document 1")
    assert place.endswith(field)
    assert cause in rest


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    write(tmp_path, a=f"{KNOWLEDGE_BASE}---\n{kb_with('foo: 1')}", b=TASK.replace("pages/", "/pages"))

    message = problem_of(tmp_path)

    assert "a.yaml, document 2, spec.foo" in message
    assert "also b.yaml, document 1, spec.source.prefix.prefix" in message


def test_the_same_resource_twice_is_refused_with_both_places(tmp_path: Path) -> None:
    write(tmp_path, a=KNOWLEDGE_BASE, b=KNOWLEDGE_BASE)

    message = problem_of(tmp_path)

    assert message.startswith("b.yaml, document 1, metadata.name")
    assert "KnowledgeBase default/handbook stands in a.yaml, document 1 already" in message
