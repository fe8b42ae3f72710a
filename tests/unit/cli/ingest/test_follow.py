from pathlib import Path

import pytest
from aiohttp import web
from pydantic import SecretStr

from kubelore.errors import KubeloreError
from kubelore_cli.gateway_client.client import open_client
from kubelore_cli.ingest.files import Document
from kubelore_cli.ingest.follow import Summary, bring_in
from support.fake_gateway import FakeGateway, refused, serving, serving_gateway


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kubelore_cli.ingest.follow._SECONDS_BETWEEN_LOOKS", 0.01)


def documents(folder: Path, *names: str) -> list[Document]:
    for name in names:
        (folder / name).write_text(name, encoding="utf-8")
    return [Document(folder / name, name) for name in names]


async def bring(url: str, there: list[Document], shown: list[int] | None = None) -> Summary:
    async with open_client(url, SecretStr("")) as gateway:
        return await bring_in(there, gateway, None, lambda summary: (shown or []).append(summary.done))


async def test_every_document_is_followed_to_its_end(tmp_path: Path) -> None:
    shown: list[int] = [0]
    fake = FakeGateway()

    async with serving_gateway(fake) as url:
        summary = await bring(url, documents(tmp_path, "a.md", "b.md", "same.md", "bad.pdf"), shown)

    assert (summary.succeeded, summary.skipped, len(summary.failures)) == (2, 1, 1)
    assert summary.chunks == 9
    assert "the file is damaged" in summary.failures[0].message
    assert shown == [0, 1, 2, 3, 4]


async def test_a_document_that_is_too_large_stops_no_other(tmp_path: Path) -> None:
    async with serving_gateway(FakeGateway()) as url:
        summary = await bring(url, documents(tmp_path, "large.pdf", "a.md"))

    assert summary.succeeded == 1
    assert "larger than allowed" in summary.failures[0].message


async def test_only_a_few_are_on_their_way_at_once(tmp_path: Path) -> None:
    fake = FakeGateway(looks_until_done=3)

    async with serving_gateway(fake) as url:
        summary = await bring(url, documents(tmp_path, *(f"{number}.md" for number in range(60))))

    assert summary.succeeded == 60
    assert fake.most_at_work <= 16


async def test_a_refusal_that_holds_for_all_ends_the_whole(tmp_path: Path) -> None:
    uploads = []

    async def upload(request: web.Request) -> web.StreamResponse:
        uploads.append(await request.read())
        return refused(404, "RESOURCE_NOT_FOUND", "KnowledgeBase docs: the resource does not exist")

    async with serving({("POST", "/v1/files"): upload}) as url:
        with pytest.raises(KubeloreError, match="KnowledgeBase docs"):
            await bring(url, documents(tmp_path, *(f"{number}.md" for number in range(40))))

    assert len(uploads) < 40
