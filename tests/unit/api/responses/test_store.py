from kubelore_api.access.caller import Caller
from kubelore_api.rag.conversation import Message
from kubelore_api.responses.store import MOST_TURNS, RecentResponses, StoredResponse

ANN = Caller("default", frozenset({"staff"}))
RESPONSE = StoredResponse({"id": "resp_1"}, (Message("user", "Hello"),))


async def test_a_caller_finds_its_own_response() -> None:
    store = RecentResponses()
    await store.put(ANN, "resp_1", RESPONSE)
    assert await store.get(ANN, "resp_1") == RESPONSE
    assert await store.delete(ANN, "resp_1")
    assert not await store.delete(ANN, "resp_1")


async def test_no_other_tenant_or_group_finds_it() -> None:
    store = RecentResponses()
    await store.put(ANN, "resp_1", RESPONSE)
    for other in (Caller("other", ANN.groups), Caller("default"), Caller("default", frozenset({"bosses"}))):
        assert await store.get(other, "resp_1") is None
        assert not await store.delete(other, "resp_1")


async def test_the_oldest_makes_room() -> None:
    store = RecentResponses(most=2)
    for number in range(3):
        await store.put(ANN, f"resp_{number}", RESPONSE)
    assert [await store.get(ANN, f"resp_{number}") is not None for number in range(3)] == [False, True, True]


async def test_a_long_conversation_is_remembered_from_its_end() -> None:
    store = RecentResponses()
    turns = tuple(Message("user", str(number)) for number in range(MOST_TURNS + 5))
    await store.put(ANN, "resp_1", StoredResponse({}, turns))
    stored = await store.get(ANN, "resp_1")
    assert stored is not None
    assert stored.turns == turns[5:]
