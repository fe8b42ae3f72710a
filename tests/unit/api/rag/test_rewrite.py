from kubelore_api.rag.rewrite import Conversation, Message, split


def test_the_users_last_turn_is_the_question() -> None:
    turns = [
        Message("system", "Be kind"),
        Message("user", "Hi"),
        Message("assistant", "Hello"),
        Message("user", " Why? "),
    ]
    assert split(turns) == Conversation("Why?", tuple(turns[:3]))


def test_what_follows_the_question_stays_in_the_history() -> None:
    turns = [Message("user", "Why?"), Message("assistant", "Because")]
    assert split(turns) == Conversation("Why?", (turns[1],))


def test_without_a_question_there_is_no_conversation() -> None:
    assert split([Message("system", "Be kind")]) is None
    assert split([Message("user", "  \n")]) is None
