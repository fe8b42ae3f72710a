import pytest

from kubelore_api.rag.conversation import Conversation, Message, split


def test_the_users_last_turn_is_the_question() -> None:
    turns = [
        Message("system", "Be kind"),
        Message("user", "Hi"),
        Message("assistant", "Hello"),
        Message("user", " Why? "),
    ]
    assert split(turns) == Conversation("Why?", tuple(turns[:3]))


def test_what_follows_the_question_stays_behind_it() -> None:
    turns = [Message("user", "Why?"), Message("assistant", "", {"tool_calls": []}), Message("tool", "42")]
    assert split(turns) == Conversation("Why?", (), (turns[1], turns[2]))


@pytest.mark.parametrize(("role", "leans"), [("system", False), ("developer", False), ("user", True)])
def test_rules_alone_are_no_history(role: str, *, leans: bool) -> None:
    assert Conversation("Why?", (Message(role, "x"),)).has_history is leans


def test_without_a_question_there_is_no_conversation() -> None:
    assert split([Message("system", "Be kind")]) is None
    assert split([Message("user", "  \n")]) is None
