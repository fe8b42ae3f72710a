from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal

import pytest
from pydantic import Field

from kubelore.resources.base import ResourceModel
from kubelore.resources.crd.structural import UnsupportedSchemaError, structural_schema, without_defaults
from kubelore.resources.fields import FreeForm, Quantity, Unique
from kubelore.resources.rules import Rule, Transition, constant, matching


class Colour(StrEnum):
    """A colour."""

    RED = "red"
    BLUE = "blue"


class Wheel(ResourceModel):
    """A wheel
    of a car.

    Why the code is as it is.
    """

    spokes: int = Field(default=12, ge=3, description="Its spokes.")
    tyre: str = Field(default="", description="Its tyre.")


def field_of(annotation: Any, default: Any = ...) -> dict[str, Any]:
    model = type(
        "Car", (ResourceModel,), {"__annotations__": {"part": annotation}, "part": default, "__module__": __name__}
    )
    return dict(structural_schema(model)["properties"]["part"])


def test_what_may_be_left_out_is_no_null() -> None:
    assert field_of(int | None, Field(default=None, le=3)) == {"type": "integer", "maximum": 3}


def test_a_reference_becomes_what_it_refers_to_with_the_fields_own_description() -> None:
    part = field_of(Wheel, Field(description="The spare one."))

    assert part["description"] == "The spare one."
    assert part["properties"]["spokes"] == {
        "type": "integer",
        "minimum": 3,
        "default": 12,
        "description": "Its spokes.",
    }


def test_without_one_a_reference_is_described_by_the_first_paragraph_of_its_models_docstring() -> None:
    assert field_of(Wheel)["description"] == "A wheel of a car."


def test_an_objects_default_holds_the_defaults_in_it() -> None:
    assert field_of(Wheel, Field(default_factory=Wheel))["default"] == {"spokes": 12}


def test_an_empty_default_says_nothing() -> None:
    assert "default" not in field_of(tuple[str, ...], Field(default=()))
    assert "default" not in field_of(dict[str, str], Field(default_factory=dict))
    assert "default" not in field_of(str, Field(default=""))


def test_false_and_zero_are_defaults() -> None:
    assert field_of(bool, Field(default=False))["default"] is False
    assert field_of(int, Field(default=0))["default"] == 0


def test_a_choice_becomes_an_enum() -> None:
    assert field_of(Colour, Colour.RED) == {
        "type": "string",
        "enum": ["red", "blue"],
        "default": "red",
        "description": "A colour.",
    }
    assert field_of(Literal["one"]) == {"type": "string", "enum": ["one"]}


def test_a_quantity_is_a_number_or_a_text() -> None:
    quantity = field_of(Quantity, "1Gi")

    assert quantity["x-kubernetes-int-or-string"] is True
    assert quantity["default"] == "1Gi"
    assert (
        quantity["x-kubernetes-validations"][0]["message"]
        == "must be a quantity of zero or more, such as 500m, 2 or 4Gi"
    )


def test_free_form_keeps_unknown_fields() -> None:
    assert field_of(FreeForm) == {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def test_a_list_is_atomic_unless_it_holds_nothing_twice() -> None:
    assert field_of(tuple[str, ...])["x-kubernetes-list-type"] == "atomic"
    assert field_of(Annotated[tuple[str, ...], Unique()])["x-kubernetes-list-type"] == "set"
    keyed = field_of(Annotated[tuple[Wheel, ...], Unique("tyre")])
    assert keyed["x-kubernetes-list-type"] == "map"
    assert keyed["x-kubernetes-list-map-keys"] == ["tyre"]


def test_a_demand_on_a_field_goes_into_its_schema() -> None:
    assert field_of(Annotated[str, matching("[a-z]+", "must be small")], Field(max_length=9)) == {
        "type": "string",
        "maxLength": 9,
        "x-kubernetes-validations": [{"rule": "self.matches(r'^(?:[a-z]+)$')", "message": "must be small"}],
    }


def test_demands_on_a_model_and_on_the_field_that_holds_it_stand_together() -> None:
    class Axle(ResourceModel):
        """An axle."""

        rules: ClassVar[tuple[Rule, ...]] = (Rule("true", "of the model", lambda _: True),)
        transitions: ClassVar[tuple[Transition, ...]] = (constant("width", "of a change"),)

        width: int

    on_the_field = Rule("true", "of the field", lambda _: True)

    rules = field_of(Annotated[Axle, on_the_field])["x-kubernetes-validations"]

    assert [rule["message"] for rule in rules] == ["of the model", "of a change", "of the field"]
    assert rules[1]["fieldPath"] == ".width"


def test_what_no_structural_schema_can_say_is_refused_by_its_place() -> None:
    with pytest.raises(UnsupportedSchemaError, match=r"Car\.part: a structural schema can't say anyOf"):
        field_of(int | str)
    with pytest.raises(UnsupportedSchemaError, match=r"Car\.part: a structural schema can't say exclusiveMinimum"):
        field_of(int, Field(gt=3))


def test_defaults_can_be_taken_out_at_any_depth() -> None:
    class Car(ResourceModel):
        """A car."""

        wheels: tuple[Wheel, ...] = ()
        spare: Wheel = Wheel()
        by_name: dict[str, Wheel] = Field(default_factory=dict)

    assert "default" in str(structural_schema(Car))
    assert "default" not in str(without_defaults(structural_schema(Car)))
