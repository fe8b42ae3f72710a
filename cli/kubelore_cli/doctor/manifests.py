"""Looks at a folder of manifests, and at the LLMServers in it."""

import asyncio
import os
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import aiohttp
from pydantic import SecretStr

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.resources.conditions import ConditionType
from kubelore.resources.llm_server import LLMServer
from kubelore.resources.manifests import Manifests, read_manifests
from kubelore.settings import Settings
from kubelore_cli.doctor.check import Check, Health, bad, checked, good
from kubelore_cli.laptop.api_keys import ApiKeys
from kubelore_cli.laptop.engines.registry import LOCAL_ENGINES
from kubelore_cli.laptop.servers import state_without_a_run, wanted_key
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
    """Ask an endpoint for its models, and look for the program of an engine that runs here."""
    part = f"LLMServer {server.metadata.name}"
    key = ApiKeys(settings.api_keys_dir or settings.state_dir / "api-keys").find(server, manifests)
    has_key = wanted_key(server) is None or key.get_secret_value() != ""
    state = state_without_a_run(server, has_key=has_key)
    if state is None:
        engine = LOCAL_ENGINES[server.spec.engine]
        return checked(part, lambda: asyncio.run(engine.find(os.environ)))
    ready = next(finding for finding in state.findings if finding.type is ConditionType.READY)
    if not ready.status:
        return Check(part, Health.BAD, ready.message)
    if server.spec.external is None:
        return good(part, ready.message)
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
