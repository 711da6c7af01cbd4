"""Fields of a request's JSON, each of the type that the protocol gives it."""

from collections.abc import Mapping

from pipeline.base.contract import BadRequest


def listed(document: Mapping[str, object], key: str) -> list[dict[str, object]]:
    """Return a list of objects; empty when absent. Raises BadRequest."""
    value = document.get(key)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise BadRequest(f"`{key}` is not a list of objects")
    return value


def text(tensor: Mapping[str, object], key: str) -> str:
    """Return a string. Raises BadRequest."""
    value = tensor.get(key)
    if not isinstance(value, str):
        raise BadRequest(f"`{key}` of an input or output is missing or not a string")
    return value


def identity(document: Mapping[str, object]) -> str:
    """Return the request's id; empty when absent. Raises BadRequest."""
    value = document.get("id")
    if value is not None and not isinstance(value, str):
        raise BadRequest("`id` is not a string")
    return value or ""


def dimensions(tensor: Mapping[str, object]) -> list[int]:
    """Return the shape. Raises BadRequest."""
    shape = tensor.get("shape")
    if not isinstance(shape, list) or not 0 < len(shape) <= 16:
        raise BadRequest("`shape` of an input is missing or not a list")
    if any(not isinstance(size, int) or isinstance(size, bool) or not 0 <= size < 2**31 for size in shape):
        raise BadRequest("`shape` of an input holds what is not a size")
    return shape


def parameters(tensor: Mapping[str, object]) -> Mapping[str, object]:
    """Return the parameters; empty when absent. Raises BadRequest."""
    value = tensor.get("parameters")
    if value is not None and not isinstance(value, dict):
        raise BadRequest("`parameters` is not an object")
    return value or {}


def flag(tensor: Mapping[str, object], key: str) -> bool | None:
    """Return a parameter that is true, false or absent. Raises BadRequest."""
    value = parameters(tensor).get(key)
    if value is not None and not isinstance(value, bool):
        raise BadRequest(f"parameter `{key}` is neither true nor false")
    return value
