import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubelore.documents.layout import Layout, owner_namespace, safe_name
from kubelore.objectstore.keys import check_key

LAYOUT = Layout("team-a", "docs")


@given(st.text(max_size=400))
def test_any_source_gives_a_name_that_every_store_takes(source: str) -> None:
    name = safe_name(source)

    check_key(name)
    assert name
    assert "/" not in name
    assert len(name.encode()) <= 200


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("docs/guide.md", "guide.md"),
        ("https://example.com/a/b.html?x=1&y=2", "b.html_x_1_y_2"),
        ("安装/安装 指南.md", "安装 指南.md"),
        ("folder/", "folder"),
        ("..", "document"),
        ("/", "document"),
        ("a/.hidden", "hidden"),
        ("a\x00b\nc", "a_b_c"),
    ],
)
def test_a_name_is_the_sources_last_part_made_safe(source: str, name: str) -> None:
    assert safe_name(source) == name


def test_a_long_name_keeps_its_end_and_so_its_extension() -> None:
    assert safe_name("文" * 300 + ".md").endswith("文.md")


def test_every_kept_object_is_known_as_the_knowledge_bases_own() -> None:
    keys = [
        LAYOUT.original("d", "v", "a.md"),
        LAYOUT.parsed("d", "v"),
        LAYOUT.record("d"),
        LAYOUT.chunks(3, "d"),
        LAYOUT.result("uid", 7),
    ]

    assert {owner_namespace(key) for key in keys} == {"team-a"}
    assert all(LAYOUT.owns(key) for key in keys)
    assert not any(Layout("team-a", "doc").owns(key) or Layout("team-b", "docs").owns(key) for key in keys)


@pytest.mark.parametrize(
    "key", ["guide.md", "team-a/docs/guide.md", "team-a/docs/originals", "originals/a.md", "a/b/c/originals/d"]
)
def test_a_users_own_object_is_nobodys(key: str) -> None:
    assert owner_namespace(key) is None
    assert not LAYOUT.owns(key)
