"""Puts together what a model server on this machine is told, with the Secrets of the manifests."""

from collections.abc import Mapping

from pydantic import SecretStr

from kubelore.jobs.model_fetch import HUB_TOKEN_VARIABLE
from kubelore.resources.base import ResourceKey, SecretKeyRef
from kubelore.resources.conditions import Reason
from kubelore.resources.keyed_data import SECRET
from kubelore.resources.llm_server import EnvVar, LLMServer
from kubelore.resources.manifests import Manifests
from kubelore_cli.laptop.engines.interface import ServerOrder
from kubelore_cli.laptop.engines.state import ServerState, unusable


class _MissingSecretError(Exception):
    """A Secret that the manifests folder doesn't hold; its text says which."""


def make_order(server: LLMServer, manifests: Manifests, api_key: SecretStr) -> ServerOrder | ServerState:
    """Return the order for a server, or its state where a Secret is missing."""
    namespace = server.metadata.namespace
    try:
        return ServerOrder(
            name=f"{namespace}.{server.metadata.name}",
            spec=server.spec,
            api_key=api_key,
            environment={entry.name: _value(entry, manifests, namespace) for entry in server.spec.env},
            credentials=_credentials(server, manifests, namespace),
        )
    except _MissingSecretError as missing:
        return unusable(Reason.INVALID_SPEC, f"{missing} is missing; put it into the manifests folder")


def _value(entry: EnvVar, manifests: Manifests, namespace: str) -> str:
    if entry.secret_key_ref is None:
        return entry.value or ""
    return _secret(entry.secret_key_ref, manifests, namespace)


def _credentials(server: LLMServer, manifests: Manifests, namespace: str) -> Mapping[str, str]:
    source = server.spec.model.source
    if source is None:
        return {}
    if source.hugging_face is not None and source.hugging_face.token_secret_ref is not None:
        return {HUB_TOKEN_VARIABLE: _secret(source.hugging_face.token_secret_ref, manifests, namespace)}
    if source.s3 is not None and source.s3.secret_ref is not None:
        return _whole_secret(source.s3.secret_ref.name, manifests, namespace)
    return {}


def _secret(reference: SecretKeyRef, manifests: Manifests, namespace: str) -> str:
    value = manifests.value(SECRET, namespace, reference.name, reference.key)
    if value is None:
        raise _MissingSecretError(f"Secret {reference.name} with key {reference.key}")
    return value.decode("utf-8").strip()


def _whole_secret(name: str, manifests: Manifests, namespace: str) -> Mapping[str, str]:
    data = manifests.keyed_data.get(ResourceKey(SECRET, namespace, name))
    if data is None:
        raise _MissingSecretError(f"Secret {name}")
    return {key: value.decode("utf-8") for key, value in data.values.items()}
