from datetime import timedelta

from kubelore.clock import precise_now
from kubelore_api.access.caller import Caller
from kubelore_api.conversations.personal_data import Person, PersonalData
from kubelore_api.database.database import Database
from kubelore_api.rag.conversation import Message
from kubelore_api.responses.kept import KeptResponses
from kubelore_api.responses.store import MOST_TURNS, StoredResponse

ANN = Caller("acme", frozenset({"staff", "bosses"}), subject="ann")
STRANGERS = [
    Caller("acme", ANN.groups, subject="bob"),
    Caller("Acme", ANN.groups, subject="ann"),
    Caller("acme", ANN.groups, subject="Ann"),
    Caller("acme", frozenset({"staff"}), subject="ann"),
]
TURNS = (
    Message("user", "何时开门？"),
    Message("assistant", "", {"tool_calls": [{"id": "1"}]}),
    Message("tool", "🕘" * 30_000, {"tool_call_id": "1"}),
)
RESPONSE = StoredResponse({"id": "resp_1", "output": [{"text": "At nine."}], "usage": None}, TURNS)


async def test_a_response_comes_back_as_it_was_to_another_gateway_as_well(database: Database) -> None:
    await KeptResponses(database).put(ANN, "resp_1", RESPONSE)
    assert await KeptResponses(database).get(ANN, "resp_1") == RESPONSE


async def test_nobody_else_finds_it(database: Database) -> None:
    responses = KeptResponses(database)
    await responses.put(ANN, "resp_1", RESPONSE)
    for stranger in STRANGERS:
        assert await responses.get(stranger, "resp_1") is None
        assert not await responses.delete(stranger, "resp_1")
    assert await responses.delete(ANN, "resp_1")
    assert not await responses.delete(ANN, "resp_1")


async def test_a_long_conversation_is_kept_from_its_end(database: Database) -> None:
    turns = tuple(Message("user", str(number)) for number in range(MOST_TURNS + 5))
    await KeptResponses(database).put(ANN, "resp_1", StoredResponse({}, turns))
    kept = await KeptResponses(database).get(ANN, "resp_1")
    assert kept is not None
    assert kept.turns == turns[5:]


async def test_old_ones_are_forgotten(database: Database) -> None:
    responses = KeptResponses(database)
    await responses.put(ANN, "resp_1", RESPONSE)
    assert await responses.forget_before(precise_now() - timedelta(days=1)) == 0
    assert await responses.forget_before(precise_now() + timedelta(seconds=1)) == 1


async def test_they_are_part_of_what_is_kept_of_a_user(database: Database) -> None:
    for caller in (ANN, STRANGERS[0]):
        await KeptResponses(database).put(caller, f"resp_{caller.subject}", RESPONSE)
    data = PersonalData(database)
    assert [row["id"] for row in (await data.export(Person("acme", "ann")))["responses"]] == ["resp_ann"]
    assert await data.delete(Person("acme", "ann")) == 1
    assert len((await data.export(Person("acme")))["responses"]) == 1
