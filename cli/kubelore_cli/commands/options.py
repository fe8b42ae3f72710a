"""Options that several commands take."""

from pathlib import Path
from typing import Annotated

import typer

StateDir = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Where the state is kept.  [default: $KUBELORE_STATE_DIR, or .kubelore]"),
]
Url = Annotated[str, typer.Option(metavar="URL", help="The gateway's address.", envvar="KUBELORE_URL")]
KnowledgeBaseName = Annotated[
    str | None, typer.Option("--kb", metavar="NAME", help="The knowledge base.  [default: the only one there is]")
]
