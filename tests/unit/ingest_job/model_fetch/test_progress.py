import io
import json
from pathlib import Path

from kubelore_ingest.model_fetch.progress import Meter


class FakeClock:
    """Time that the test moves."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_a_line_a_second_says_bytes_and_rate(tmp_path: Path) -> None:
    clock, output = FakeClock(), io.StringIO()
    meter = Meter(tmp_path, output, clock)
    meter.start(10, 100)
    for _ in range(20):
        clock.seconds += 0.1
        meter.add(2)
    meter.finish()

    lines = [json.loads(line) for line in output.getvalue().splitlines()]
    assert len(lines) <= 4
    assert lines[0] == {"bytesDone": 10, "bytesTotal": 100, "rate": 0.0}
    assert lines[1]["rate"] in {20.0, 20.1, 19.9}
    assert lines[-1]["bytesDone"] == 50
    assert json.loads((tmp_path / ".progress.json").read_text()) == lines[-1]


def test_an_unknown_total_is_left_out(tmp_path: Path) -> None:
    output = io.StringIO()
    Meter(tmp_path, output).start(0, None)

    assert json.loads(output.getvalue()) == {"bytesDone": 0, "rate": 0.0}
