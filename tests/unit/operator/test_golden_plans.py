from pathlib import Path

import pytest
import yaml

from support.manifests import REPOSITORY
from support.operator_plans import NOON, as_document, context, plan_for

CASES = sorted(path.parent for path in (REPOSITORY / "tests/golden/operator").glob("*/input.yaml"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_plan_is_the_golden_one(case: Path, *, update_golden: bool) -> None:
    objects = list(yaml.safe_load_all((case / "input.yaml").read_text(encoding="utf-8")))

    document = as_document(plan_for(objects, context(NOON)))

    golden = case / "output.yaml"
    if update_golden:
        golden.write_text(yaml.safe_dump(document, sort_keys=False, width=120), encoding="utf-8")
    assert document == yaml.safe_load(golden.read_text(encoding="utf-8"))
