"""Runs the model servers of the folder, and says how far each one is."""

import asyncio
from collections.abc import Iterable, Sequence

from kubelore.clock import now
from kubelore.resources.base import ResourceKey
from kubelore.resources.llm_server import LLMServer
from kubelore.resources.manifests import Manifests
from kubelore_cli.laptop.api_keys import ApiKeys
from kubelore_cli.laptop.engines.interface import Workplace
from kubelore_cli.laptop.engines.registry import LOCAL_ENGINES
from kubelore_cli.laptop.engines.state import ServerState
from kubelore_cli.laptop.observer import Statuses
from kubelore_cli.laptop.server_order import make_order
from kubelore_cli.laptop.server_run import ServerRun
from kubelore_cli.laptop.servers import server_status, state_without_a_run, wanted_key


class ServerController:
    """Knows which servers run; it is the only writer of LLMServers' statuses."""

    def __init__(self, statuses: Statuses, api_keys: ApiKeys, workplace: Workplace) -> None:
        self._statuses = statuses
        self._api_keys = api_keys
        self._workplace = workplace
        self._runs: dict[str, ServerRun] = {}

    async def reconcile(self, servers: Sequence[LLMServer], manifests: Manifests) -> dict[ResourceKey, LLMServer]:
        """Start what is wanted, stop what is not, and return all of them as they are now."""
        self._api_keys.take_over(servers, manifests)
        await self._stop_all_but({server.metadata.uid for server in servers})
        return {server.key: await self._with_status(server, manifests) for server in servers}

    async def stop(self) -> None:
        """Stop every server."""
        await self._stop_all_but(())

    async def _with_status(self, server: LLMServer, manifests: Manifests) -> LLMServer:
        if server.is_paused:
            return server
        return await self._statuses.put(server, server_status(server, await self._state(server, manifests), now()))

    async def _state(self, server: LLMServer, manifests: Manifests) -> ServerState:
        api_key = self._api_keys.of(server)
        has_key = wanted_key(server) is None or api_key.get_secret_value() != ""
        order = state_without_a_run(server, has_key=has_key) or make_order(server, manifests, api_key)
        if isinstance(order, ServerState):
            await self._stop_run(server.metadata.uid)
            return order
        run = self._runs.get(server.metadata.uid)
        if run is None or run.order != order:
            await self._stop_run(server.metadata.uid)
            run = ServerRun(order, LOCAL_ENGINES[server.spec.engine].server(order, self._workplace))
            self._runs[server.metadata.uid] = run
        return run.state

    async def _stop_all_but(self, wanted: Iterable[str]) -> None:
        gone = self._runs.keys() - set(wanted)
        await asyncio.gather(*(self._stop_run(uid) for uid in gone))

    async def _stop_run(self, uid: str) -> None:
        run = self._runs.pop(uid, None)
        if run is not None:
            await run.stop()
