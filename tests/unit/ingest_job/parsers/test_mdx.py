import pytest

from support.documents import parse


def test_modules_comments_and_tags_go_and_what_they_say_stays() -> None:
    document = parse(
        """---
title: Page
---
import Tabs from '@theme/Tabs';
import {
  A,
} from "x";

export const meta = { a: 1 };

# Heading

{/* a comment */}
Prose with <Badge label="New" on={() => a > b}/> in it.

<Tabs items={["a > b", 'c']}>
	<Tab value="One">

Inside.

	</Tab>
</Tabs>

<>fragment</>
""",
        "a.mdx",
    )

    assert " ".join(document.text.split()) == "# Heading Prose with New in it. One Inside. fragment"


def test_code_stays_as_it_is() -> None:
    code = '```jsx\nimport x from "y"\n\n<Tab value="b"/>\n\n\n{/* c */}\n# no heading\n```'

    document = parse(f"# A\n\n{code}\n\nand `<Tab/>` inline\n", "a.mdx")

    assert code in document.text
    assert "`<Tab/>`" in document.text
    assert [heading.text for heading in document.headings] == ["A"]


def test_a_heading_within_an_indented_tag_is_a_heading() -> None:
    document = parse('<Tabs>\n    <Tab value="One">\n    ## Inner\n    </Tab>\n</Tabs>\n', "a.mdx")

    assert [heading.text for heading in document.headings] == ["Inner"]


@pytest.mark.parametrize(
    "prose",
    [
        "a < b and 3 <5, x > y",
        "see <https://example.org/a> or <me@example.org>",
        "a tag without an end: <Tab value='x",
        "the words import and export\nimport taxes are high",
        "export to S3 is possible",
    ],
)
def test_prose_that_only_looks_like_markup_stays(prose: str) -> None:
    assert parse(f"{prose}\n", "a.mdx").text == prose
