"""Looks at a folder of manifests, and at the LLMServers in it."""

import asyncio
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import aiohttp
from pydantic import SecretStr

from kubelore.clock import now
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.resources.conditions import ConditionType
from kubelore.resources.llm_server import LLMServer
from kubelore.resources.manifests import Manifests, read_manifests
from kubelore.settings import Settings
from kubelore_cli.doctor.check import Check, Health, bad, checked, good
from kubelore_cli.laptop.api_keys import ApiKeys
from kubelore_cli.laptop.servers import server_status, wanted_key
from kubelore_cli.terminal.resource_lines import counts

_SECONDS_TO_ANSWER = 10.0


def check_manifests(settings: Settings, folder: Path) -> Iterator[Check]:
    """See that the manifests are valid, and that each LLMServer can be used from here."""
    try:
        manifests = read_manifests(folder, settings.namespace)
    except KubeloreError as error:
        yield bad("manifests", error)
        return
    yield good("manifests", f"{folder}: {counts(len(manifests.resources), 'resource')}")
    for notice in manifests.notices:
        yield Check("manifests", Health.WARNING, notice)
    for resource in manifests.resources.values():
        if isinstance(resource, LLMServer):
            yield check_server(resource, manifests, settings)


def check_server(server: LLMServer, manifests: Manifests, settings: Settings) -> Check:
    """Ask an endpoint for its models; of other servers, say whether they run here."""
    part = f"LLMServer {server.metadata.name}"
    key = ApiKeys(settings.api_keys_dir or settings.state_dir / "api-keys").find(server, manifests)
    has_key = wanted_key(server) is None or key.get_secret_value() != ""
    ready = server_status(server, has_key=has_key, now=now()).condition(ConditionType.READY)
    if ready is not None and ready.status != "True":
        return Check(part, Health.BAD, ready.message)
    if server.spec.external is None:
        return good(part, ready.message if ready is not None else "")
    base_url = server.spec.external.base_url
    return checked(part, lambda: asyncio.run(_ask_for_models(base_url, key)))


async def _ask_for_models(base_url: str, key: SecretStr) -> str:
    secret = key.get_secret_value()
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    timeout = aiohttp.ClientTimeout(total=_SECONDS_TO_ANSWER)
    url = f"{base_url.rstrip('/')}/models"
    try:
        async with aiohttp.ClientSession(timeout=timeout, headers=headers) as session, session.get(url) as response:
            status = HTTPStatus(response.status)
    except (aiohttp.ClientError, TimeoutError) as error:
        raise KubeloreError(ErrorCode.CHAT_UNREACHABLE, url, str(error)) from error
    if status is not HTTPStatus.OK:
        raise KubeloreError(ErrorCode.CHAT_REFUSED, url, f"HTTP status {status.value} {status.phrase}")
    return f"{base_url} answers"
