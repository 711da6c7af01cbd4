"""YAML 1.2 text to plain data with the place of every key and value.

Only what plain data needs is read: no tags, no directives, one document. Events come from ruamel.yaml.
"""

import re
from collections.abc import Iterator

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from ruamel.yaml.reader import ReaderError

from trainerspec.diagnostics.model import Diagnostic, Outcome
from trainerspec.ir.document import Document
from trainerspec.ir.json import Json
from trainerspec.ir.source import Pointer, Source, Span
from trainerspec.language.decoding import LARGEST
from trainerspec.language.places import Lines, escape
from trainerspec.language.scalars import resolve

DEEPEST = 40
"""Nested lists and mappings."""
MOST_VALUES = 50_000
"""Values in a document, aliases counted with all that they stand for."""


class _Refused(Exception):
    """Carries the diagnostic that ends reading."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


def parse_document(source: Source) -> Outcome[Document]:
    """Read a source whose root is a mapping.

    >>> outcome = parse_document(Source(name="t.yaml", text="share: 80%\\nrate: 1e-3\\n"))
    >>> outcome.value.data, outcome.value.values["/rate"].line
    ({'share': '80%', 'rate': 0.001}, 2)
    """
    reader = _Reader(source)
    try:
        data = reader.read()
    except _Refused as refused:
        return Outcome(diagnostics=(*reader.found, refused.diagnostic))
    if reader.found:
        return Outcome(diagnostics=tuple(sorted(reader.found, key=lambda d: d.span or reader.lines.span(0, 0))))
    return Outcome(value=Document(source=source, data=data, keys=reader.keys, values=reader.values))


class _Reader:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.lines = Lines(source.name, source.text)
        self.keys: dict[Pointer, Span] = {}
        self.values: dict[Pointer, Span] = {}
        self.found: list[Diagnostic] = []
        self.anchors: dict[str, tuple[Json, int]] = {}
        self.open: set[str] = set()
        self.gaps: dict[Pointer, int] = {}
        self.count = 0
        self.end = 0

    def problem(self, code: str, message: str, hint: str, start: int, end: int | None = None) -> Diagnostic:
        span = self.lines.span(start, max(start, start + 1 if end is None else end))
        return Diagnostic(code=code, message=message, hint=hint, span=span)

    def refuse(self, code: str, message: str, hint: str, start: int, end: int | None = None) -> _Refused:
        return _Refused(self.problem(code, message, hint, start, end))

    def read(self) -> dict[str, Json]:
        if len(self.source.text) > LARGEST:
            raise self.refuse("TS102", f"the text has more than {LARGEST} characters", "", 0)
        events = self.events()
        first = next(events)
        while not isinstance(first, DocumentStartEvent | StreamEndEvent):
            first = next(events)
        if isinstance(first, StreamEndEvent):
            raise self.refuse("TS109", "the file is empty", "start with `trainerspec: 1`", 0)
        event = next(events)
        data = self.node(event, events, "", 0)
        for rest in events:
            if isinstance(rest, DocumentStartEvent):
                hint = "remove `---` and what follows"
                raise self.refuse("TS109", "the file holds more than one document", hint, rest.start_mark.index)
        if not isinstance(data, dict):
            raise self.refuse("TS109", "the file is not a mapping", "write `key: value` lines", event.start_mark.index)
        return data

    def events(self) -> Iterator[Event]:
        yaml = YAML(typ="safe", pure=True)
        try:
            for event in yaml.parse(self.source.text):
                if isinstance(event, DocumentStartEvent) and (event.version or event.tags):
                    start = self.source.text.find("%")
                    raise self.refuse("TS108", "directives are not read", "remove this line", start)
                yield event
        except ReaderError as error:
            code = error.character if isinstance(error.character, int) else ord(error.character)
            message = f"character U+{code:04X} is not allowed"
            raise self.refuse("TS111", message, "remove it", error.position) from error
        except MarkedYAMLError as error:
            raise _Refused(self.syntax(error)) from error
        except (YAMLError, ValueError, RecursionError) as error:
            raise self.refuse("TS103", f"this is not YAML: {error}", "", self.end) from error

    def syntax(self, error: MarkedYAMLError) -> Diagnostic:
        mark = error.problem_mark or error.context_mark
        at = min(mark.index if mark else 0, len(self.source.text))
        line = self.lines.span(at, at).line
        begin = self.lines.starts[line - 1]
        before = self.source.text[begin:at]
        if self.source.text[at : at + 1] == "\t" or (not before.strip() and "\t" in before):
            tab = self.source.text.index("\t", begin)
            return self.problem("TS104", "a tab stands where only spaces may", "use spaces", tab)
        message = str(error.problem or error.context or "not YAML")
        message, hint = _plainly(message, self.source.text[at : at + 1])
        context = error.context_mark
        if context is not None and at >= len(self.source.text.rstrip()):
            return self.problem("TS103", f"{message} ({error.context})", hint, context.index)
        return self.problem("TS103", message, hint, at)

    def node(self, event: Event, events: Iterator[Event], pointer: Pointer, depth: int) -> Json:
        start = event.start_mark.index
        self.count += 1
        if self.count > MOST_VALUES:
            raise self.refuse("TS102", f"the document has more than {MOST_VALUES} values", "", start)
        if depth > DEEPEST:
            raise self.refuse("TS102", f"values nest more than {DEEPEST} deep", "", start)
        if isinstance(event, AliasEvent):
            return self.alias(event, pointer)
        assert isinstance(event, NodeEvent)
        before = self.count
        anchor = event.anchor
        if anchor:
            self.open.add(anchor)
        tag = getattr(event, "tag", None)
        if tag is not None:
            hint = "write the value without `!`; quote it if it is a text"
            self.found.append(self.problem("TS108", f"the tag `{tag}` is not allowed", hint, start))
        start = self.skip(start, anchored=bool(anchor or tag))
        value: Json
        if isinstance(event, ScalarEvent):
            value = self.scalar(event, pointer, start)
        elif isinstance(event, SequenceStartEvent):
            value = self.sequence(event, events, pointer, depth, start)
        else:
            assert isinstance(event, MappingStartEvent)
            value = self.mapping(event, events, pointer, depth, start)
        if anchor:
            self.open.discard(anchor)
            self.anchors[anchor] = (value, self.count - before + 1)
        return value

    def skip(self, start: int, *, anchored: bool) -> int:
        """Step over `&anchor` and `!tag` to the value itself."""
        while anchored:
            match = re.compile(r"[&!][^\s\[\]{},]*\s*").match(self.source.text, start)
            if match is None or match.end() == start:
                break
            start = match.end()
        return start

    def alias(self, event: AliasEvent, pointer: Pointer) -> Json:
        start, end = event.start_mark.index, event.end_mark.index
        name = str(event.anchor)
        if name in self.open:
            raise self.refuse("TS107", f"`*{name}` contains itself", "write the value out", start, end)
        if name not in self.anchors:
            hint = f"quote the text if it starts with `*`, or define `&{name}` before"
            raise self.refuse("TS107", f"`*{name}` stands for nothing", hint, start, end)
        value, size = self.anchors[name]
        self.count += size
        self.values[pointer] = self.lines.span(start, end)
        self.end = end
        return value

    def shown(self, event: Event, pointer: Pointer) -> Event:
        """Move a value that is not there from the next token to just behind its key's colon."""
        if isinstance(event, ScalarEvent) and event.start_mark.index == event.end_mark.index and not event.anchor:
            colon = self.source.text.find(":", self.end, event.start_mark.index)
            if colon >= 0:
                self.gaps[pointer] = colon + 1
        return event

    def scalar(self, event: ScalarEvent, pointer: Pointer, start: int) -> Json:
        end = event.end_mark.index
        if event.style in ("|", ">"):
            end = start + len(self.source.text[start:end].rstrip())
        if pointer in self.gaps:
            start = end = self.gaps[pointer]
        self.values[pointer] = self.lines.span(start, max(start, end))
        self.end = max(self.end, end)
        text = str(event.value)
        if event.style is not None or event.tag is not None:
            return text
        try:
            return resolve(text)
        except ValueError as error:
            hint = "quote it if it is a text"
            self.found.append(self.problem("TS110", str(error), hint, start, end))
            return None

    def sequence(
        self, event: SequenceStartEvent, events: Iterator[Event], pointer: Pointer, depth: int, start: int
    ) -> list[Json]:
        items: list[Json] = []
        for inner in events:
            if not isinstance(inner, NodeEvent):
                self.close(event, inner, pointer, start)
                break
            items.append(self.node(inner, events, f"{pointer}/{len(items)}", depth + 1))
        return items

    def mapping(
        self, event: MappingStartEvent, events: Iterator[Event], pointer: Pointer, depth: int, start: int
    ) -> dict[str, Json]:
        data: dict[str, Json] = {}
        for inner in events:
            if not isinstance(inner, NodeEvent):
                self.close(event, inner, pointer, start)
                break
            key = self.key(inner)
            place = f"{pointer}/{escape(key)}"
            span = self.lines.span(inner.start_mark.index, inner.end_mark.index)
            repeated = key in data
            if repeated:
                first = self.keys[place].line
                message = f"`{key}` stands here twice; the first is on line {first}"
                self.found.append(Diagnostic(code="TS105", message=message, hint="remove one of them", span=span))
                place = f"{place}/\0"
            else:
                self.keys[place] = span
            self.end = max(self.end, inner.end_mark.index)
            value = self.node(self.shown(next(events), place), events, place, depth + 1)
            data.setdefault(key, value)
        return data

    def key(self, event: NodeEvent) -> str:
        start, end = event.start_mark.index, event.end_mark.index
        if not isinstance(event, ScalarEvent):
            raise self.refuse("TS106", "a key must be a text", "quote it if it is one", start, end)
        if event.style is None and event.value == "<<":
            raise self.refuse("TS107", "merge keys are not YAML 1.2", "write the keys out", start, end)
        text = str(event.value)
        if event.style is None:
            try:
                plain = isinstance(resolve(text), str)
            except ValueError:
                plain = False
            if not plain:
                message = f"the key `{text}` is not a string"
                self.found.append(self.problem("TS106", message, f'write `"{text}":`', start, end))
        return text

    def close(self, event: CollectionStartEvent, last: Event, pointer: Pointer, start: int) -> None:
        if event.flow_style:
            self.end = last.end_mark.index
        self.values[pointer] = self.lines.span(start, max(start, self.end))


def _plainly(problem: str, character: str) -> tuple[str, str]:
    if "mapping values are not allowed" in problem:
        return "a `:` is not expected here", "check the indentation, or quote the text that holds `: `"
    if "cannot start any token" in problem:
        return f"a text cannot start with `{character}`", "quote it"
    if "could not find expected ':'" in problem:
        return "the `:` after a key is missing", "write `key: value`, or indent the line to go on with a text"
    if "unexpected end of stream" in problem or "<stream end>" in problem:
        return "the file ends before this is closed", "close the quote, `]` or `}`"
    if "block end" in problem or "<block" in problem:
        return "this line does not fit its indentation", "align it with the lines above"
    return problem, ""
