import pytest

from kubelore_operator.reconcile.log_text import last_words

SECRET = "c0ffee-c0ffee-c0ffee"


@pytest.mark.parametrize(
    "line",
    [
        f"HF_TOKEN={SECRET}",
        f'{{"api_key": "{SECRET}", "level": "error"}}',
        f"GET https://models.example/x?X-Amz-Signature={SECRET}&part=1",
        f"connecting to https://admin:{SECRET}@models.example/",
        f"Authorization: Bearer {SECRET}",
        f"sent bearer {SECRET}",
        f"llama-server --api-key {SECRET} --port 8080",
        f"hf_{SECRET}",
        f"sk-{SECRET}",
        f"eyJhbGciOiJIUzI1NiJ9.{SECRET}.sig",
        f"password: '{SECRET}'",
    ],
)
def test_a_secret_is_hidden(line: str) -> None:
    assert SECRET not in last_words(line)
    assert "[hidden]" in last_words(line)


@pytest.mark.parametrize(
    "line",
    [
        "error: failed to open GGUF file '/models/tiny.gguf' (No such file or directory)",
        "n_tokens = 512, tokenizer loaded",
        "POST https://models.example/tiny.gguf 404",
    ],
)
def test_what_is_no_secret_stays(line: str) -> None:
    assert last_words(line) == line


def test_the_last_lines_that_say_something_are_shown_on_one() -> None:
    log = "".join(f"line {number}\n\n" for number in range(9))

    assert last_words(log) == "line 4 | line 5 | line 6 | line 7 | line 8"


def test_what_moves_a_terminals_cursor_is_left_out() -> None:
    assert last_words("\x1b[?25l\x1b[1Gpulling\x1b[K \x1b[31mfailed\x1b[0m\r\n") == "pulling failed"


def test_the_beginning_of_a_long_log_is_left_out() -> None:
    words = last_words("x" * 2000 + " the end")

    assert len(words) <= 601
    assert words.endswith("the end")
