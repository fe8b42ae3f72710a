import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubelore_ingest.sources.globs import compile_glob


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        ("**", ["a", "a/b/c.md", ".hidden"], []),
        ("*", ["a.md"], ["a/b.md"]),
        ("*.md", ["a.md", ".md"], ["a.mdx", "x/a.md", "amd"]),
        ("**/*.md", ["a.md", "x/a.md", "x/y/a.md"], ["a.txt", "x/a.md/b"]),
        ("en/**", ["en/a", "en/a/b"], ["en", "zh/en/a"]),
        ("en/**/index.md", ["en/index.md", "en/a/b/index.md"], ["en/xindex.md"]),
        ("page-?.md", ["page-1.md", "page-页.md"], ["page-10.md", "page-/.md"]),
        ("a+(b).[md]", ["a+(b).[md]"], ["aab.m"]),
    ],
)
def test_a_pattern_matches_as_in_a_shell(pattern: str, matching: list[str], others: list[str]) -> None:
    glob = compile_glob(pattern)

    assert [key for key in matching + others if glob.fullmatch(key)] == matching


@given(st.text(st.characters(exclude_characters="*?")))
def test_a_pattern_without_stars_matches_itself_alone(text: str) -> None:
    glob = compile_glob(text)

    assert glob.fullmatch(text)
    assert not glob.fullmatch(text + "x")


@given(st.text(), st.text())
def test_no_pattern_is_too_much(pattern: str, key: str) -> None:
    compile_glob(pattern).fullmatch(key)
