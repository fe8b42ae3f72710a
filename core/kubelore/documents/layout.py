"""Where things lie in the bucket; no other module builds a key."""

import re
from dataclasses import dataclass

from kubelore.documents.ids import tenant_key

_UNSAFE_IN_NAMES = re.compile(r"[^\w.\-() ]+")
_KINDS = "originals|parsed|records|chunks|results|plans|sync|uploads|parts|revision"
_SYSTEM_KEY = re.compile(rf"^(?P<namespace>[^/]+)/[^/]+/({_KINDS})/")
_LONGEST_NAME_BYTES = 200
"""File systems take names of 255 bytes, and some S3 servers keep objects as files."""


def safe_name(source: str) -> str:
    """Return the last part of a source as a file name that is safe in a key."""
    name = source.rstrip("/").rsplit("/", 1)[-1]
    end = _UNSAFE_IN_NAMES.sub("_", name).encode()[-_LONGEST_NAME_BYTES:]
    return end.decode(errors="ignore").lstrip(".") or "document"


def owner_namespace(key: str) -> str | None:
    """Return the namespace whose knowledge base keeps this object, or None for an object of nobody's."""
    match = _SYSTEM_KEY.match(key)
    return match["namespace"] if match else None


@dataclass(frozen=True, slots=True)
class FilesLayout:
    """The keys of the files that one tenant has uploaded into no knowledge base yet."""

    namespace: str
    tenant: str

    @property
    def root(self) -> str:
        """The prefix of all of them; no knowledge base has a name with an underscore."""
        return f"{self.namespace}/_files/uploads/{tenant_key(self.tenant)}/"

    @property
    def files(self) -> str:
        """The prefix of the files."""
        return f"{self.root}files/"

    def file(self, file_id: str) -> str:
        """What is known of a file, as JSON."""
        return f"{self.files}{file_id}.json"

    def content(self, file_id: str) -> str:
        """The bytes as they came."""
        return f"{self.root}contents/{file_id}"

    def attachment(self, file_id: str, namespace: str, knowledge_base: str) -> str:
        """How a file came into a knowledge base, as JSON."""
        return f"{self.root}attachments/{file_id}/{namespace}.{knowledge_base}.json"

    def batch(self, batch_id: str) -> str:
        """Files that came into a knowledge base together, as JSON."""
        return f"{self.root}batches/{batch_id}.json"


def all_parts(namespace: str) -> str:
    """Return the prefix of every tenant's files that come in parts; no knowledge base has a name with an underscore."""
    return f"{namespace}/_files/parts/"


@dataclass(frozen=True, slots=True)
class PartsLayout:
    """The keys of the files that one tenant sends in parts, until they are whole."""

    namespace: str
    tenant: str

    @property
    def root(self) -> str:
        """The prefix of all of them."""
        return f"{all_parts(self.namespace)}{tenant_key(self.tenant)}/"

    @property
    def pending(self) -> str:
        """The prefix of the uploads that wait for parts."""
        return f"{self.root}pending/"

    def upload(self, upload_id: str) -> str:
        """What is known of an upload that waits for parts, as JSON."""
        return f"{self.pending}{upload_id}.json"

    def ended(self, upload_id: str) -> str:
        """How an upload ended, as JSON."""
        return f"{self.root}ended/{upload_id}.json"

    def parts(self, upload_id: str) -> str:
        """The prefix of an upload's parts."""
        return f"{self.root}contents/{upload_id}/"

    def part(self, upload_id: str, part_id: str) -> str:
        """The bytes of one part."""
        return f"{self.parts(upload_id)}{part_id}"


@dataclass(frozen=True, slots=True)
class Layout:
    """The keys of one knowledge base."""

    namespace: str
    knowledge_base: str

    @property
    def root(self) -> str:
        """The prefix of everything that the knowledge base owns, with its closing slash."""
        return f"{self.namespace}/{self.knowledge_base}/"

    def owns(self, key: str) -> bool:
        """Say whether the knowledge base keeps this object; others may lie under its root, too."""
        return key.startswith(self.root) and _SYSTEM_KEY.match(key) is not None

    @property
    def originals(self) -> str:
        """The prefix of all originals."""
        return f"{self.root}originals/"

    def original(self, document_id: str, version: str, source: str) -> str:
        """The bytes as they came."""
        return f"{self.originals_of(document_id)}{version}/{safe_name(source)}"

    def originals_of(self, document_id: str) -> str:
        """The prefix of every version of one document as it came."""
        return f"{self.originals}{document_id}/"

    def parsed_of(self, document_id: str) -> str:
        """The prefix of the parsed text of every version of one document."""
        return f"{self.root}parsed/{document_id}/"

    def parsed(self, document_id: str, version: str, parsing: str = "") -> str:
        """The parsed text that `char_start:char_end` count in, with its headings and pages, as JSON.

        `parsing` tells the texts of one version apart, where it was read in several ways; empty: in the default one.
        """
        way = f".{parsing}" if parsing else ""
        return f"{self.parsed_of(document_id)}{version}{way}.json"

    @property
    def records(self) -> str:
        """The prefix of all document records."""
        return f"{self.root}records/"

    def record(self, document_id: str) -> str:
        """The document's record, as JSON."""
        return f"{self.records}{document_id}.json"

    @property
    def all_chunks(self) -> str:
        """The prefix of the chunks of every generation."""
        return f"{self.root}chunks/"

    def chunks_of(self, generation: int) -> str:
        """The prefix of the chunks of one generation."""
        return f"{self.all_chunks}g{generation}/"

    def document_of(self, chunks_key: str) -> str:
        """Return the id of the document whose chunks lie there."""
        return chunks_key.rsplit("/", 1)[-1].removesuffix(".parquet")

    def chunks(self, generation: int, document_id: str) -> str:
        """The document's chunks with their vectors, as Parquet."""
        return f"{self.chunks_of(generation)}{document_id}.parquet"

    def results(self, task_uid: str) -> str:
        """The prefix of a task's result manifests."""
        return f"{self.root}results/{task_uid}/"

    def result(self, task_uid: str, shard: int) -> str:
        """The result manifest of one shard of a task, as JSON."""
        return f"{self.results(task_uid)}{shard}.json"

    def plan(self, task_uid: str) -> str:
        """How a task's documents are shared out, as JSON; it is written after its parts."""
        return f"{self.root}plans/{task_uid}/plan.json"

    def plan_part(self, task_uid: str, part: int) -> str:
        """The documents of one part of a task's plan, one a line."""
        return f"{self.root}plans/{task_uid}/{part}.jsonl"

    def synced(self, settings: str) -> str:
        """What the last sync by these settings left in step, in the order of the sources, one a line."""
        return f"{self.root}sync/{settings}.jsonl"

    @property
    def revision(self) -> str:
        """A word that is another one after every change of the knowledge base's rows."""
        return f"{self.root}revision/rows"

    @property
    def sync_manifest(self) -> str:
        """How the last sync ended, as JSON."""
        return f"{self.root}sync/last.json"
