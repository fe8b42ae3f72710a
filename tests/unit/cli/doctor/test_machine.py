from pathlib import Path

from kubelore_cli.doctor.check import Health
from kubelore_cli.doctor.machine import check_disk, check_port, check_python, check_state_dir
from kubelore_cli.laptop.instance import only_instance
from kubelore_cli.laptop.ports import LOOPBACK, free_port, listen, port_of


def test_a_python_that_is_too_old_says_which_one_to_install() -> None:
    assert check_python((3, 11, 0)).health is Health.GOOD

    old = check_python((3, 10, 12))

    assert old.health is Health.BAD
    assert old.to_do == "install Python 3.11 or newer"


def test_a_taken_port_is_wrong_and_a_free_one_is_good() -> None:
    assert check_port(LOOPBACK, free_port()).health is Health.GOOD

    with listen(LOOPBACK, 0) as taken:
        check = check_port(LOOPBACK, port_of(taken))

    assert check.health is Health.BAD
    assert "--port" in check.to_do


def test_a_state_folder_in_use_is_a_warning(tmp_path: Path) -> None:
    assert check_state_dir(tmp_path).health is Health.GOOD

    with only_instance(tmp_path):
        assert check_state_dir(tmp_path).health is Health.WARNING


def test_a_state_folder_that_can_not_be_written_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    assert check_state_dir(tmp_path / "file").health is Health.BAD


def test_little_room_is_a_warning_with_what_to_do(tmp_path: Path) -> None:
    assert check_disk(tmp_path, 50 * 1024**3).health is Health.GOOD

    check = check_disk(tmp_path, 1024**3)

    assert check.health is Health.WARNING
    assert "1.0 GiB" in check.found
    assert "--state-dir" in check.to_do
