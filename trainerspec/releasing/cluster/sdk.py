"""Derive a strict JSON Schema from the classes of kserve's SDK, and print it.

`python -m trainerspec.releasing.cluster.sdk`

In a process of its own: importing kserve reads the command line, and clashes with tritonclient's gRPC client.
"""

import importlib
import json
import re
from typing import Any

ROOTS = {"InferenceService": "V1beta1InferenceService", "ServingRuntime": "V1alpha1ServingRuntime"}
SCALARS: dict[str, dict[str, Any]] = {
    "object": {},
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "bool": {"type": "boolean"},
    "float": {"type": "number"},
    "datetime": {"type": "string"},
}
QUANTITY: dict[str, Any] = {"type": ["string", "integer", "number"]}
OPEN = ("ResourceQuantity", "KnativeVolatileTime", "V1Time", "IntstrIntOrString")
"""Types that the SDK has no fields for."""


class Classes:
    """The SDK's classes as schemas, each once."""

    def __init__(self) -> None:
        self.places = [importlib.import_module("kserve.models"), importlib.import_module("kubernetes.client")]
        self.definitions: dict[str, Any] = {}

    def schema(self, kind: str) -> dict[str, Any]:
        """Return the schema of a type as `openapi_types` spells it: `list[V1Container]`, `dict(str, str)`."""
        if kind in SCALARS:
            return SCALARS[kind]
        if found := re.fullmatch(r"list\[(.*)\]", kind):
            return {"type": "array", "items": self.schema(found[1])}
        if found := re.fullmatch(r"dict\(str, (.*)\)", kind):
            inner = {"object": {}, "str": QUANTITY}.get(found[1])
            return {"type": "object", "additionalProperties": self.schema(found[1]) if inner is None else inner}
        return self.reference(kind.rsplit(".", 1)[-1])

    def reference(self, name: str) -> dict[str, Any]:
        """Return the reference to a class, after writing its definition."""
        found = next((getattr(place, name) for place in self.places if hasattr(place, name)), None)
        if name in OPEN or found is None or not hasattr(found, "openapi_types"):
            return {}
        if name not in self.definitions:
            self.definitions[name] = {}
            self.definitions[name] = self.definition(found)
        return {"$ref": f"#/$defs/{name}"}

    def definition(self, found: Any) -> dict[str, Any]:
        """Describe a class: closed, with what its setters require."""
        kinds, names = found.openapi_types, found.attribute_map
        made: dict[str, Any] = {
            "type": "object",
            "additionalProperties": False,
            "properties": {names[attribute]: self.schema(kind) for attribute, kind in kinds.items()},
        }
        required = [names[attribute] for attribute in kinds if refuses_none(found, attribute)]
        return {**made, "required": required} if required else made


def refuses_none(found: Any, attribute: str) -> bool:
    """Tell whether a class wants a value: its setter raises ValueError for None."""
    try:
        setattr(found.__new__(found), attribute, None)
    except ValueError:
        return True
    except AttributeError:  # a setter that reads what __init__ would have set: it does not ask for a value
        return False
    return False


def derived() -> dict[str, Any]:
    """Return a schema for each kind that kserve brings, and the version of the SDK."""
    classes = Classes()
    roots = {kind: classes.schema(name) for kind, name in ROOTS.items()}
    version = importlib.import_module("importlib.metadata").version("kserve")
    return {"version": version, "kinds": roots, "$defs": classes.definitions}


if __name__ == "__main__":
    print(json.dumps(derived()))
