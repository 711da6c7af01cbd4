"""Describe the HTTP door as OpenAPI 3.1, from the contract, with golden answers as examples; for the package stage."""

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np

from pipeline.base.contract import Port, written
from pipeline.base.params import Params
from pipeline.server.bundle import Bundle
from pipeline.server.golden import golden_lines

Json: TypeAlias = Mapping[str, object]
EXAMPLES = 3
LARGEST = 4096
"""Characters of an example; larger ones, such as big pictures, are left out."""
ERRORS: Mapping[str, str] = {
    "400": "The request is wrong; the reason says where",
    "401": "A bearer token is needed",
    "403": "Another site's page, or another name than the server's, asks",
    "404": "There is no such model or version",
    "405": "The path takes another method",
    "408": "The body took too long to arrive",
    "413": "The body is too large",
    "431": "The headers are too large",
    "500": "A mistake of the server; its log has it under the request's id",
    "503": "The server is busy, closing or not ready",
}


def describe(packed: Bundle, settings: Params) -> Json:
    """Return the whole description."""
    name = packed.name
    model = f"/v2/models/{name}"
    about = f"Open Inference Protocol, version 2. A request holds at most {packed.max_batch} rows."
    paths: dict[str, Json] = {
        "/v2": {"get": tells("server", "Name, version and extensions", anything())},
        "/v2/health/live": {"get": tells("live", "Whether the server runs", flag("live"))},
        "/v2/health/ready": {"get": tells("ready", "Whether it can answer", flag("ready"))},
        "/v2/models": {"get": tells("models", "The models", listed("models"))},
        model: {"get": tells("about", "Inputs and outputs", anything())},
        f"{model}/ready": {"get": tells("modelReady", "Whether the model can answer", anything())},
        f"{model}/config": {"get": tells("config", "Triton's model configuration", anything())},
        f"{model}/stats": {"get": tells("stats", "Requests and rows so far", anything())},
        f"{model}/infer": {"post": infer(packed)},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": name, "version": settings.text("version"), "description": about},
        "servers": [{"url": "http://localhost:8080"}],
        "security": [{}, {"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {
                "Error": closed({"error": {"type": "string"}}),
                "Request": request(packed.contract.raw, packed.contract.answer, packed.max_batch),
                "Answer": answer(packed.contract.answer),
            },
        },
    }


def tells(identity: str, summary: str, schema: Json) -> Json:
    """Describe a GET."""
    return {"operationId": identity, "summary": summary, "responses": {"200": content(summary, schema), **errors()}}


def infer(packed: Bundle) -> Json:
    """Describe the one POST, with golden requests and answers."""
    body: dict[str, object] = {"schema": {"$ref": "#/components/schemas/Request"}}
    given: dict[str, object] = {"schema": {"$ref": "#/components/schemas/Answer"}}
    pairs = [(line["raw"], line["answer"]) for line in golden_lines(packed.folder)]
    pairs = [pair for pair in pairs if len(json.dumps(pair)) <= LARGEST][:EXAMPLES]
    for place, ports, key in ((body, packed.contract.raw, "inputs"), (given, packed.contract.answer, "outputs")):
        kept = {
            f"golden-{number}": {"value": example(ports, pair[key == "outputs"], key, packed.name)}
            for number, pair in enumerate(pairs)
        }
        if kept:
            place["examples"] = kept
    responses = {"200": {"description": "The answer", "content": {"application/json": given}}, **errors()}
    asked = {"required": True, "content": {"application/json": body}}
    return {"operationId": "infer", "summary": "Ask the model", "requestBody": asked, "responses": responses}


def example(ports: Sequence[Port], values: object, key: str, name: str) -> Json:
    """Return one golden line as a request or an answer."""
    assert isinstance(values, Mapping)
    tensors = []
    for port in ports:
        value = written(port, values[port.name]) if port.json else values[port.name]
        shape = [1, *(np.shape(value) if port.shape[1:] else ())]
        made: dict[str, object] = {"name": port.name, "datatype": port.datatype, "shape": shape}
        if isinstance(value, Mapping):
            made["parameters"] = {"content_type": "base64"}
            value = value["base64"]
        tensors.append({**made, "data": value if isinstance(value, list) and port.shape[1:] else [value]})
    return {key: tensors} if key == "inputs" else {"model_name": name, "model_version": "1", "id": "", key: tensors}


def request(ports: Sequence[Port], answers: Sequence[Port], most: int) -> Json:
    """Describe what may be sent; the protocol's `id`, `parameters` and `outputs` are optional."""
    fewest = max(1, sum(not port.optional for port in ports))
    inputs = {"type": "array", "items": either(ports, most), "minItems": fewest, "maxItems": len(ports)}
    names = {"enum": [port.name for port in answers]}
    wish = {"type": "object", "properties": {"name": names, "parameters": PARAMETERS}}
    outputs = {"type": ["array", "null"], "items": {**wish, "required": ["name"]}}
    properties = {"id": {"type": ["string", "null"]}, "parameters": PARAMETERS, "inputs": inputs, "outputs": outputs}
    return {"type": "object", "required": ["inputs"], "properties": properties}


def answer(ports: Sequence[Port]) -> Json:
    """Describe what comes back."""
    text = {"type": "string"}
    outputs = {"type": "array", "items": either(ports, None), "minItems": 1, "maxItems": len(ports)}
    return closed({"model_name": text, "model_version": text, "id": text, "outputs": outputs})


def either(ports: Sequence[Port], most: int | None) -> Json:
    """Describe one tensor: that of one of the ports."""
    return {"oneOf": [tensor(port, most) for port in ports]}


def tensor(port: Port, most: int | None) -> Json:
    """Describe one tensor; its name says which."""
    count = len(port.shape)
    shape: dict[str, object] = {"type": "array", "minItems": count, "maxItems": count}
    if most is None or count > 1:
        shape["items"] = {"type": "integer", "minimum": 0}
    else:
        shape["items"] = {"type": "integer", "minimum": 1, "maximum": most}
    item: Json = value(port)
    data = {"type": "array", "items": {"anyOf": [item, {"type": "array"}]}, "minItems": 1}
    properties: dict[str, object] = {
        "name": {"const": port.name},
        "datatype": {"const": port.datatype},
        "shape": shape,
        "data": data,
        "parameters": PARAMETERS,
    }
    needed = ["name", "datatype", "shape", "data"]
    if port.binary and port.datatype == "BYTES":
        needed.append("parameters")
        properties["parameters"] = {"type": "object", "required": ["content_type"], "properties": BASE64}
    return {"type": "object", "required": needed, "properties": properties}


BASE64: Json = {"content_type": {"const": "base64"}}
PARAMETERS: Json = {"type": ["object", "null"]}


def value(port: Port) -> Json:
    """Describe one value."""
    if port.datatype == "BYTES" and port.binary:
        return {"type": "string", "contentEncoding": "base64", "contentMediaType": port.media_type or "image/png"}
    kind = {"BYTES": "string", "BOOL": "boolean"}.get(port.datatype, "number" if "F" in port.datatype else "integer")
    return {"type": [kind, "null"]} if port.gaps else {"type": kind}


def errors() -> dict[str, object]:
    """Describe what every path may answer instead."""
    return {status: content(why, {"$ref": "#/components/schemas/Error"}) for status, why in ERRORS.items()}


def content(description: str, schema: Json) -> Json:
    """Describe a JSON answer."""
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def closed(properties: Mapping[str, object]) -> Json:
    """Describe an object that has these keys and no others."""
    return {
        "type": "object",
        "required": list(properties),
        "properties": dict(properties),
        "additionalProperties": False,
    }


def anything() -> Json:
    return {"type": "object"}


def flag(name: str) -> Json:
    return closed({name: {"type": "boolean"}})


def listed(name: str) -> Json:
    return closed({name: {"type": "array", "items": {"type": "string"}}})
