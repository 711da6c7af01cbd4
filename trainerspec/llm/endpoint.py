"""Any OpenAI-compatible endpoint, through the `openai` package. Import this module only when a model is wanted."""

import os
import time
from collections.abc import Iterable
from typing import cast
from urllib.parse import urlsplit

import openai
from openai.types.chat import ChatCompletion, ChatCompletionMessageParam
from openai.types.shared_params import ResponseFormatJSONSchema

from trainerspec.llm.model import Call, Reply, Unavailable, Usage

LOOPBACK = ("localhost", "127.0.0.1", "::1")
"""Hosts to which the key may go without TLS."""


class Endpoint:
    """One model behind one endpoint."""

    def __init__(self, client: openai.OpenAI, name: str, *, answer_tokens: int = 1024) -> None:
        self._client = client
        self._name = name
        self._answer_tokens = answer_tokens
        self._temperature: float | openai.Omit = 0.0

    @property
    def name(self) -> str:
        """Name the model as the endpoint does."""
        return self._name

    def reply(self, call: Call, seconds: float) -> Reply:
        """Ask for an answer that follows the schema. Raises Unavailable."""
        started = time.monotonic()
        try:
            completion = self._ask(call, seconds)
        except openai.OpenAIError as error:
            raise Unavailable(_reason(error)) from error
        if not completion.choices or completion.choices[0].message.content is None:
            refusal = completion.choices[0].message.refusal if completion.choices else None
            raise Unavailable(f"the model gave no answer{f': {refusal}' if refusal else ''}")
        used = completion.usage
        return Reply(
            text=completion.choices[0].message.content,
            usage=Usage(
                prompt_tokens=used.prompt_tokens if used else 0,
                completion_tokens=used.completion_tokens if used else 0,
                seconds=time.monotonic() - started,
            ),
        )

    def _ask(self, call: Call, seconds: float) -> ChatCompletion:
        try:
            return self._create(call, seconds)
        except openai.BadRequestError as error:
            if "temperature" not in str(error) or self._temperature is openai.omit:
                raise
            self._temperature = openai.omit  # some models take no temperature
            return self._create(call, seconds)

    def _create(self, call: Call, seconds: float) -> ChatCompletion:
        messages = [{"role": one.role, "content": one.content} for one in call.messages]
        shape: ResponseFormatJSONSchema = {
            "type": "json_schema",
            "json_schema": {"name": call.title, "schema": dict(call.schema), "strict": True},
        }
        return self._client.chat.completions.create(
            model=self._name,
            messages=cast(Iterable[ChatCompletionMessageParam], messages),
            response_format=shape,
            temperature=self._temperature,
            max_tokens=self._answer_tokens,
            timeout=seconds,
        )


def connect(name: str = "", *, base_url: str | None = None, api_key: str | None = None, retries: int = 2) -> Endpoint:
    """Connect to `base_url` (else OPENAI_BASE_URL), with OPENAI_API_KEY; take its first model when none is named.

    Raises Unavailable when no model is named and the endpoint lists none, and when the key would go over plain http
    to another machine.
    """
    try:
        # a local endpoint asks for no key, but the client insists on one
        client = openai.OpenAI(base_url=base_url, api_key=api_key or _key(base_url), max_retries=retries)
        name = name or next((one.id for one in client.models.list(timeout=10.0)), "")
    except openai.OpenAIError as error:
        raise Unavailable(_reason(error)) from error
    if not name:
        raise Unavailable("the endpoint lists no model; name one")
    return Endpoint(client, name)


def _key(base_url: str | None) -> str:
    key = os.environ.get("OPENAI_API_KEY")
    address = urlsplit(base_url or os.environ.get("OPENAI_BASE_URL") or "")
    if key and address.scheme == "http" and address.hostname not in LOOPBACK:
        reason = f"OPENAI_API_KEY is not sent to {address.hostname} without TLS: use https, or unset the key"
        raise Unavailable(reason)
    return key or "none"


def _reason(error: openai.OpenAIError) -> str:
    if isinstance(error, openai.APITimeoutError):
        return "the endpoint did not answer in time"
    if isinstance(error, openai.APIConnectionError):
        return f"the endpoint cannot be reached: {error.__cause__ or error}"
    return " ".join(str(error).split())[:300]
