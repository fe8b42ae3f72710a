from kubelore.jobs.model_fetch import ModelProgress
from kubelore_operator.engines.fetch_progress import model_fetch_progress, ollama_pull_progress

FRAME = (
    "\x1b[?2026h\x1b[?25l\x1b[A\x1b[1Gpulling manifest \x1b[K\n"
    "pulling dde5aa3fc5ff... 100% ▕████████████████▏ 2.0 GB                         \x1b[K\n"
    "pulling 966de95ca8a6:  45% ▕███████         ▏ 900 KB/2.1 MB   12 MB/s      3s\x1b[K\x1b[?25h\x1b[?2026l"
)


def test_the_last_report_of_a_fetch_counts() -> None:
    reports = [ModelProgress(bytes_done=done, bytes_total=9).to_json() for done in (1, 2)]
    log = "\n".join([*reports, '{"level": "INFO", "message": "resumed"}', "not JSON"])

    assert model_fetch_progress(log) == ModelProgress(bytes_done=2, bytes_total=9)


def test_a_log_without_a_report_tells_nothing() -> None:
    assert model_fetch_progress("") is None
    assert ollama_pull_progress("time=2026 level=INFO msg=listening") is None


def test_the_layers_of_a_pull_are_added_up() -> None:
    progress = ollama_pull_progress(FRAME)

    assert progress == ModelProgress(bytes_done=2_000_900_000, bytes_total=2_002_100_000, rate=12_000_000)


def test_the_last_painting_of_a_layer_counts() -> None:
    earlier = FRAME.replace("900 KB", "100 KB").replace("45%", " 5%")

    assert ollama_pull_progress(earlier + FRAME) == ollama_pull_progress(FRAME)


def test_a_layer_whose_rate_is_not_known_yet_is_counted() -> None:
    line = "pulling 966de95ca8a6...   0% ▕                ▏    0 B/2.1 MB                  "

    assert ollama_pull_progress(line) == ModelProgress(bytes_done=0, bytes_total=2_100_000)
