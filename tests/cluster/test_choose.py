"""Which cluster is chosen, and what is never done to one that is not ours."""

from pathlib import Path

import pytest

from testcluster import cli, kind
from testcluster.choose import choose
from testcluster.errors import ClusterError, ClusterUnavailableError
from testcluster.existing import VARIABLE, ExistingCluster
from testcluster.kind import KindCluster
from testcluster.native import cluster as native
from testcluster.native.cluster import NativeCluster


@pytest.fixture(autouse=True)
def _machine_that_can_do_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(kind, "is_possible", lambda: False)
    monkeypatch.setattr(native, "is_possible", lambda: False)


def test_a_named_kubeconfig_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(kind, "is_possible", lambda: True)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "theirs"))
    assert choose(tmp_path) == ExistingCluster(tmp_path / "theirs")


def test_kind_comes_before_the_native_cluster(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(native, "is_possible", lambda: True)
    assert choose(tmp_path) == NativeCluster(tmp_path)
    monkeypatch.setattr(kind, "is_possible", lambda: True)
    assert choose(tmp_path) == KindCluster(tmp_path)


def test_where_none_can_be_had_one_line_says_what_it_takes(tmp_path: Path) -> None:
    with pytest.raises(ClusterUnavailableError, match=r"root.*Docker.*KUBELORE_TEST_KUBECONFIG") as unavailable:
        choose(tmp_path)
    assert "\n" not in str(unavailable.value)


def test_the_command_line_tells_unavailable_from_failed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--folder", str(tmp_path), "up"]) == cli.EXIT_UNAVAILABLE
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_nothing_is_started_stopped_or_loaded_in_a_cluster_that_is_not_ours(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.write_text("{}")
    cluster = ExistingCluster(theirs)
    cluster.down()
    assert theirs.exists()
    with pytest.raises(ClusterError, match="not ours"):
        cluster.load("kubelore/job:dev")
    with pytest.raises(ClusterError, match="does not answer"):
        cluster.up()


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "important").touch()
    with pytest.raises(ClusterError, match="name an empty folder"):
        NativeCluster(tmp_path).up()
    NativeCluster(tmp_path).down()
    assert (tmp_path / "important").exists()
