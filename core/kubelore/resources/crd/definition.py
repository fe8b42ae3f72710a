"""Builds a kind's CustomResourceDefinition."""

from typing import Any

from kubelore.resources.base import CATEGORY, GROUP, VERSION, Kind, PrinterColumn, Resource
from kubelore.resources.crd.structural import Schema, structural_schema, without_defaults
from kubelore.resources.rules import with_rules

_API_VERSION = "The version of the schema that the object is written in."
_KIND = "The kind of the object."
_SPEC = "What is wanted."
_STATUS = "What is so, as the operator and the workers report it."


def crd_name(kind: Kind) -> str:
    """Return the CRD's own name, which the API server derives from the kind's plural."""
    return f"{kind.plural}.{GROUP}"


def custom_resource_definition(model: type[Resource[Any, Any]]) -> dict[str, Any]:
    """Return the manifest of a kind's CustomResourceDefinition."""
    kind = model.info
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": crd_name(kind)},
        "spec": {
            "group": GROUP,
            "names": _names(kind),
            "scope": "Namespaced",
            "versions": [_version(model)],
        },
    }


def resource_schema(model: type[Resource[Any, Any]]) -> Schema:
    """Return the schema of the whole object."""
    whole = structural_schema(model)
    parts = whole["properties"]
    schema = {
        "type": "object",
        "description": whole["description"],
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string", "description": _API_VERSION},
            "kind": {"type": "string", "description": _KIND},
            "metadata": {"type": "object"},
            "spec": parts["spec"],
            "status": without_defaults(parts["status"]),
        },
    }
    return with_rules(schema, model.rules)


def _names(kind: Kind) -> dict[str, Any]:
    return {
        "kind": kind.kind,
        "listKind": f"{kind.kind}List",
        "plural": kind.plural,
        "singular": kind.singular,
        "shortNames": list(kind.short_names),
        "categories": [CATEGORY],
    }


def _version(model: type[Resource[Any, Any]]) -> dict[str, Any]:
    kind = model.info
    version: dict[str, Any] = {
        "name": VERSION,
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": resource_schema(model)},
        "subresources": _subresources(kind),
        "additionalPrinterColumns": [_column(column) for column in kind.columns],
    }
    if kind.selectable:
        version["selectableFields"] = [{"jsonPath": path} for path in kind.selectable]
    return version


def _subresources(kind: Kind) -> dict[str, Any]:
    if not kind.scale:
        return {"status": {}}
    scale = {
        "specReplicasPath": ".spec.replicas",
        "statusReplicasPath": ".status.replicas",
        "labelSelectorPath": ".status.selector",
    }
    return {"status": {}, "scale": scale}


def _column(column: PrinterColumn) -> dict[str, Any]:
    shown = {"name": column.name, "type": column.type, "jsonPath": column.json_path}
    return shown | ({"priority": column.priority} if column.priority else {})
