from pathlib import Path

import pytest

from kubelore.documents.result import DocumentCounts, ShardProgress, Stage
from kubelore_ingest.reporting.progress import FileSink, ProgressMeter


class KeepingSink:
    def __init__(self) -> None:
        self.sent: list[ShardProgress] = []

    def send(self, progress: ShardProgress) -> None:
        self.sent.append(progress)


class Watch:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def progress(chunks: int, stage: Stage = Stage.PROCESSING) -> ShardProgress:
    return ShardProgress(stage=stage, documents=DocumentCounts(total=9), chunks=chunks)


def test_a_report_is_let_through_every_two_seconds() -> None:
    sink, watch = KeepingSink(), Watch()
    meter = ProgressMeter(sink, watch)

    for chunks in range(50):
        meter.show(progress(chunks))
        watch.seconds += 0.25

    assert [each.chunks for each in sink.sent] == [0, 8, 16, 24, 32, 40, 48]


def test_a_new_stage_is_told_at_once() -> None:
    sink = KeepingSink()
    meter = ProgressMeter(sink, Watch())

    meter.show(progress(1))
    meter.show(progress(2))
    meter.show(progress(3, Stage.VECTORIZING))
    meter.show(progress(4, Stage.VECTORIZING))

    assert [each.chunks for each in sink.sent] == [1, 3]


def test_the_last_state_is_told_once() -> None:
    sink = KeepingSink()
    meter = ProgressMeter(sink, Watch())

    meter.show(progress(1))
    meter.show_last(progress(2))
    meter.show_last(progress(2))

    assert [each.chunks for each in sink.sent] == [1, 2]


def test_a_file_holds_the_latest_report_whole(tmp_path: Path) -> None:
    sink = FileSink(tmp_path / "progress.json")

    for chunks in (1, 2):
        sink.send(progress(chunks))

    assert ShardProgress.model_validate_json((tmp_path / "progress.json").read_text()) == progress(2)
    assert [path.name for path in tmp_path.iterdir()] == ["progress.json"]


def test_a_file_that_cannot_be_written_is_logged_and_no_fault(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    FileSink(tmp_path / "nowhere" / "progress.json").send(progress(1))

    assert "could not be written" in caplog.text
