import asyncio
from datetime import timedelta

import pytest

from kubelore.clock import precise_now
from kubelore.errors import ErrorCode, KubeloreError
from kubelore_api.access.caller import Caller
from kubelore_api.conversations.assistants import Assistant, Assistants
from kubelore_api.conversations.personal_data import Person, PersonalData
from kubelore_api.conversations.sessions import Exchange, Sessions, history
from kubelore_api.database.database import Database

ANN = Caller("acme", subject="ann")
BOB = Caller("acme", subject="bob")
OTHER_ANN = Caller("other", subject="ann")
STRANGERS = [BOB, OTHER_ANN, Caller("Acme", subject="ann"), Caller("acme", subject="Ann")]


def exchange(question: str = "When does it open?", answer: str = "At nine [1].") -> Exchange:
    sources = [{"number": 1, "document": "小时.md", "text": "🕘" * 30_000}]
    return Exchange(question, answer, sources, prompt_tokens=11, completion_tokens=7, milliseconds=42)


async def test_what_was_said_comes_back_in_its_order(database: Database) -> None:
    sessions = Sessions(database)
    session = await sessions.create(ANN, "handbook")
    await sessions.add(ANN, session.id, exchange())
    await sessions.add(ANN, session.id, exchange("何时关门？", "At six."))
    turns = await sessions.turns(ANN, session.id)
    assert [turn.exchange for turn in turns] == [exchange(), exchange("何时关门？", "At six.")]
    assert [message.content for message in history(turns)] == [
        "When does it open?",
        "At nine [1].",
        "何时关门？",
        "At six.",
    ]
    assert (await sessions.get(ANN, session.id)).title == "When does it open?"


async def test_nobody_else_finds_a_session(database: Database) -> None:
    sessions = Sessions(database)
    session = await sessions.create(ANN, "handbook")
    turn = await sessions.add(ANN, session.id, exchange())
    for stranger in STRANGERS:
        assert await sessions.list(stranger, 10) == []
        for call in (
            sessions.get(stranger, session.id),
            sessions.turns(stranger, session.id),
            sessions.add(stranger, session.id, exchange()),
            sessions.rate(stranger, session.id, turn.id, 1, None),
            sessions.delete(stranger, session.id),
        ):
            with pytest.raises(KubeloreError) as caught:
                await call
            assert caught.value.code is ErrorCode.ENTRY_NOT_FOUND
    assert len(await sessions.turns(ANN, session.id)) == 1


async def test_answers_that_end_at_once_get_numbers_of_their_own(database: Database) -> None:
    sessions = Sessions(database)
    session = await sessions.create(ANN, "handbook")
    await asyncio.gather(*(sessions.add(ANN, session.id, exchange(f"question {number}")) for number in range(8)))
    assert [turn.number for turn in await sessions.turns(ANN, session.id)] == list(range(1, 9))


async def test_feedback_replaces_feedback(database: Database) -> None:
    sessions = Sessions(database)
    session = await sessions.create(ANN, "handbook")
    turn = await sessions.add(ANN, session.id, exchange())
    await sessions.rate(ANN, session.id, turn.id, 1, "good")
    await sessions.rate(ANN, session.id, turn.id, -1, None)
    (rated,) = await sessions.turns(ANN, session.id)
    assert (rated.feedback, rated.comment) == (-1, None)


async def test_old_conversations_are_forgotten_with_all_that_was_said(database: Database) -> None:
    sessions = Sessions(database)
    session = await sessions.create(ANN, "handbook")
    await sessions.add(ANN, session.id, exchange())
    assert await sessions.forget_before(precise_now() - timedelta(days=1)) == 0
    assert await sessions.forget_before(precise_now() + timedelta(seconds=1)) == 1
    assert await PersonalData(database).export(Person("acme")) == {
        "sessions": [],
        "responses": [],
        "metering": [],
        "assistants": [],
        "api_keys": [],
        "turns": [],
    }


async def test_all_that_is_kept_of_a_user_is_exported_and_deleted_and_nothing_else(database: Database) -> None:
    sessions, data = Sessions(database), PersonalData(database)
    for caller in (ANN, *STRANGERS):
        session = await sessions.create(caller, "handbook")
        await sessions.add(caller, session.id, exchange())
    exported = await data.export(Person("acme", "ann"))
    assert [row["subject"] for row in exported["sessions"]] == ["ann"]
    assert [row["answer"] for row in exported["turns"]] == ["At nine [1]."]
    assert await data.delete(Person("acme", "ann")) == 1
    assert await sessions.list(ANN, 10) == []
    for stranger in STRANGERS:
        assert len(await sessions.list(stranger, 10)) == 1


async def test_all_of_a_tenant_goes_at_once(database: Database) -> None:
    assistants, sessions, data = Assistants(database), Sessions(database), PersonalData(database)
    for tenant in ("acme", "Acme"):
        await assistants.create(tenant, Assistant(name="helper", knowledge_bases=("handbook",)))
    await sessions.create(ANN, "helper")
    await data.delete(Person("acme"))
    assert await assistants.list("acme") == []
    assert len(await assistants.list("Acme")) == 1


async def test_an_assistants_name_is_its_tenants(database: Database) -> None:
    assistants = Assistants(database)
    helper = Assistant(name="helper", knowledge_bases=("handbook", "cats"), top_k=3, welcome_message="你好")
    await assistants.create("acme", helper)
    await assistants.create("other", helper)
    with pytest.raises(KubeloreError) as caught:
        await assistants.create("acme", helper)
    assert caught.value.code is ErrorCode.ENTRY_CONFLICT
    await assistants.replace("acme", helper.model_copy(update={"top_k": 5}))
    assert [await assistants.find(tenant, "helper") for tenant in ("acme", "other", "third")] == [
        helper.model_copy(update={"top_k": 5}),
        helper,
        None,
    ]
    await assistants.delete("acme", "helper")
    assert await assistants.find("acme", "helper") is None
    assert await assistants.find("other", "helper") == helper
