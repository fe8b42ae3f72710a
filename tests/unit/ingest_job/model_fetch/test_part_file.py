import hashlib
from pathlib import Path

from kubelore_ingest.model_fetch.part_file import PartFile, Place
from kubelore_ingest.model_fetch.remote import FoundFile, RemoteFile

FOUND = FoundFile(RemoteFile("a", "http://host/a"), size=10, validator='"v1"', takes_ranges=True)


def place_in(folder: Path) -> Place:
    place = Place.of(folder, "a")
    place.part.parent.mkdir(exist_ok=True)
    return place


def written(place: Place, data: bytes, found: FoundFile = FOUND) -> PartFile:
    part = PartFile(place, found, segment_bytes=4)
    part.write(0, data)
    part.save(part.segments)
    return part


def test_the_next_process_finds_what_was_saved(tmp_path: Path) -> None:
    place = place_in(tmp_path)
    written(place, b"abc").close()

    part = PartFile(place, FOUND, segment_bytes=4)

    assert part.bytes_done == 3
    assert part.write(0, b"dEXTRA") == 1
    assert place.part.read_bytes() == b"abcd\0\0\0\0\0\0"


def test_nothing_is_kept_of_other_content(tmp_path: Path) -> None:
    place = place_in(tmp_path)
    written(place, b"abc").close()
    other = FoundFile(FOUND.remote, size=10, validator='"v2"', takes_ranges=True)

    assert PartFile(place, other, segment_bytes=4).bytes_done == 0
    assert place.part.read_bytes() == bytes(10)


def test_a_journal_without_its_part_claims_nothing(tmp_path: Path) -> None:
    place = place_in(tmp_path)
    written(place, b"abc").close()
    place.part.unlink()

    PartFile(place, FOUND, segment_bytes=4).close()

    assert PartFile(place, FOUND, segment_bytes=4).bytes_done == 0


def test_a_process_that_dies_right_after_it_started_over_leaves_no_claim(tmp_path: Path) -> None:
    place = place_in(tmp_path)
    part = written(place, b"abc")
    part.start_over(FoundFile(FOUND.remote, size=10, validator='"v2"', takes_ranges=True))
    part.close()

    assert PartFile(place, FOUND, segment_bytes=4).bytes_done == 0


def test_a_journal_that_is_damaged_is_as_none(tmp_path: Path) -> None:
    place = place_in(tmp_path)
    written(place, b"abc").close()
    place.journal.write_text("{")

    assert PartFile(place, FOUND, segment_bytes=4).bytes_done == 0


def test_a_published_file_has_its_name_and_the_mode_that_others_can_read(tmp_path: Path) -> None:
    place = place_in(tmp_path)
    part = written(place, b"abcd")
    part.write(1, b"efgh")
    part.write(2, b"ij")
    part.publish(part.sha256())

    assert place.final.read_bytes() == b"abcdefghij"
    assert part.sha256() == hashlib.sha256(b"abcdefghij").hexdigest()
    assert not place.part.exists()
    assert place.final.stat().st_mode & 0o044
