import pytest

from kubelore.errors import ErrorCode, KubeloreError
from kubelore_operator.settings import load_operator_settings


def test_without_any_variable_every_namespace_is_looked_after() -> None:
    assert load_operator_settings().watch_namespaces == ()


def test_namespaces_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBELORE_OPERATOR_WATCH_NAMESPACES", "team-a, team-b,")

    assert load_operator_settings().watch_namespaces == ("team-a", "team-b")


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBELORE_OPERATOR_JOB_IMAGE", "")

    assert load_operator_settings().job_image == "kubelore/job:latest"


def test_a_wrong_setting_is_named_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBELORE_OPERATOR_IMAGE_PULL_POLICY", "Sometimes")

    with pytest.raises(KubeloreError) as refused:
        load_operator_settings()

    assert refused.value.code is ErrorCode.SETTINGS_INVALID
    assert refused.value.subject == "KUBELORE_OPERATOR_IMAGE_PULL_POLICY"
