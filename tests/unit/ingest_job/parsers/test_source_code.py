import pytest

from kubelore.errors import ErrorCode
from support.documents import parse, parse_code

PYTHON = '''"""A module."""

class Disk(Base):
    size: int

    async def heal(self, *, force: bool) -> None:
        """Heal the class of disk."""
        def step(): ...

def main() -> None:
\tpass
'''


def outline(text: str, name: str) -> list[tuple[int, str]]:
    document = parse(text, name)
    assert document.text == text
    return [(heading.level, heading.text) for heading in document.headings]


def test_python_is_cut_at_classes_and_functions() -> None:
    assert outline(PYTHON, "disk.py") == [(1, "class Disk"), (2, "def heal"), (3, "def step"), (1, "def main")]


@pytest.mark.parametrize(
    ("name", "line", "heading"),
    [
        ("a.go", "func (d *Disk) Heal(force bool) error {", "func (d *Disk) Heal"),
        ("a.go", "type Disk struct {", "type Disk struct"),
        ("a.rs", "pub(crate) async fn heal<T>(disk: T) {", "fn heal<T>"),
        ("a.rs", "impl Display for Disk {", "impl Display for Disk"),
        ("a.ts", "export default async function heal() {", "function heal"),
        ("a.ts", "export interface Disk {", "interface Disk"),
        ("a.java", "public static final class Disk extends Base {", "class Disk extends Base"),
        ("a.kt", "data class Disk(val size: Int)", "class Disk"),
        ("a.sql", "CREATE TABLE disks (id int);", "CREATE TABLE disks"),
        ("a.proto", "message Disk {", "message Disk"),
        ("a.c", "struct disk {", "struct disk"),
    ],
)
def test_definitions_of_other_languages_are_headings(name: str, line: str, heading: str) -> None:
    assert outline(f"// head\n\n{line}\n}}\n", name) == [(1, heading)]


def test_a_use_is_no_definition() -> None:
    assert outline("x = function_of(1)\nclassify(x)\nmessage: words\ntype(x)\n", "a.yaml") == []


def test_line_ends_become_one_and_nothing_else_changes() -> None:
    assert parse(b"a = 1\r\n\tb = 2  \r\n", "a.py").text == "a = 1\n\tb = 2  \n"


def test_binary_data_is_refused_whatever_its_name() -> None:
    assert parse_code(b"\x47\x40\x11\x10" + bytes(range(32)) * 50, "video.ts") is ErrorCode.DOCUMENT_UNSUPPORTED
