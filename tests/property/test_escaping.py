"""Any column, label, name or request comes through each language of the generated files as the same text."""

import ast
import subprocess
import tempfile
import tomllib
from html.parser import HTMLParser
from pathlib import Path

from google.protobuf import text_format, wrappers_pb2
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from trainerspec.backends import docs
from trainerspec.language import escaping, yaml

QUICK = settings(max_examples=150, deadline=None)
NASTY = ["`", "``", '"', "'", "\\", "</script>", "<b>", "|", "\\|", "a`|`b", "&lt;", "&#60;", "# x", "- x", "1. x"]
NASTY += ["*a*", "_a_", "__init__", "[a](javascript:alert(1))", "![a](b)", "<!-- measured -->", "```", "~~~", "$(id)"]
NASTY += ['"); import os; ("', "${HOME}", "{{ x }}", "{% x %}", "a\nb", "\r\n", "\0", "\x7f", "\x85", "\u2028"]
NASTY += ["<a@b.c>", "http://a.b", "<http://a.b>", "===", "---", "+++", "=cmd", "a  ", "  a", "\ttab", "\ufeff", "é"]
NASTY += ["> x", "\u202e", "🙂"]
pieces = st.sampled_from(NASTY) | st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
texts = st.lists(pieces, min_size=1, max_size=5).map("".join)
MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")
BLOCKS = {"p", "table", "thead", "tbody", "tr", "th", "td", "code", "blockquote", "ul", "li"}


class Page(HTMLParser):
    """The text and the tags of a page."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.tags, self.comments = "", set[str](), ""
        self.feed(html)
        self.close()

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)

    def handle_comment(self, data: str) -> None:
        self.comments += data


def shown(markdown: str) -> str:
    """Return the text that a reader of Markdown sees; asserts that no tag of the author's is among it."""
    page = Page(MARKDOWN.render(markdown))
    assert page.tags <= BLOCKS, (markdown, page.tags)
    assert not page.comments
    return " ".join(page.text.split())


def plain(text: str) -> str:
    """Return a text as one line of Markdown can show it."""
    return " ".join(escaping.line(text).split())


@QUICK
@given(texts)
def test_markdown_shows_the_text_and_no_tag(text: str) -> None:
    for form in (escaping.markdown, escaping.prose):
        assert shown(f"| | |\n| --- | --- |\n| a | x{form(text)} |").count("a x") == 1
    assert shown(escaping.markdown(text)) == plain(text)
    assert shown(f"> {escaping.markdown(text)}") == plain(text)
    assert shown(f"- {escaping.markdown(text)}") == plain(text)
    assert shown(f"| | |\n| --- | --- |\n| a | {escaping.markdown(text)} |") == " ".join(["a", *plain(text).split()])


@QUICK
@given(texts)
def test_code_in_markdown_shows_the_text(text: str) -> None:
    assert shown(f"in {escaping.code(text)}.") == " ".join(f"in {plain(text)}.".split()).replace("in .", "in .")
    assert shown(f"| | |\n| --- | --- |\n| a | {escaping.code(text, cell=True)} |") == f"a {plain(text)}".strip()


@QUICK
@given(texts)
def test_literals_read_back(text: str) -> None:
    assert ast.literal_eval(escaping.python(text)) == text
    assert all(c.isprintable() for c in escaping.python(text)), "nothing hides in the source"
    assert tomllib.loads(f"a = {escaping.toml(text)}")["a"] == text
    read = text_format.Parse(f"value: {escaping.pbtxt(text)}", wrappers_pb2.StringValue())
    assert read.value == text


@QUICK
@given(texts, texts)
def test_yaml_reads_back(key: str, text: str) -> None:
    assert yaml.load(yaml.dump({key: [text, {text: text}]})) == {key: [text, {text: text}]}


@settings(max_examples=15, deadline=None)
@given(st.lists(texts.map(lambda text: text.replace("\0", "")), min_size=1, max_size=20))
def test_the_shell_hands_on_the_text(some: list[str]) -> None:
    script = "printf '%s\\0' " + " ".join(f"'{escaping.shell(text)}'" for text in some)
    done = subprocess.run(["sh", "-c", script], capture_output=True, check=True)
    assert done.stdout.split(b"\0")[:-1] == [text.encode() for text in some]


@settings(max_examples=30, deadline=None)
@given(texts, texts, texts)
def test_api_md_calls_are_code_whatever_a_column_is_called(name: str, value: str, label: str) -> None:
    raw = [
        {"name": name, "kind": "column", "datatype": "BYTES", "shape": [-1], "values": [value]},
        {"name": "$FILE$", "kind": "image", "datatype": "BYTES", "shape": [-1]},
    ]
    settings = {
        "name": "tiny",
        "version": "0.1.0",
        "labels": [label],
        "serve": {"max_batch_size": 4},
        "contract": {"raw": raw, "tensors": {"inputs": [], "outputs": []}, "answer": raw},
    }
    text = docs.api(settings, label).decode()  # type: ignore[arg-type]
    code = docs.python("tiny", raw, raw)  # type: ignore[arg-type]
    (call,) = (node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.For))
    assert ast.literal_eval(call.iter) == (name, "$FILE$")
    assert "import os" not in {ast.unparse(node) for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Import)}
    fences = [line for line in text.splitlines() if line.lstrip().startswith("```")]
    assert len(fences) == 8, "no fence is opened or closed by a name"
    page = Page(MARKDOWN.render(text))
    assert not page.tags & {"script", "b", "img"}


@settings(max_examples=40, deadline=None)
@given(texts.map(plain).filter(lambda text: text and text == text.strip() and "/" not in text and text[0] != "."))
def test_gitignore_matches_that_path_alone(text: str) -> None:
    with tempfile.TemporaryDirectory() as place:
        subprocess.run(["git", "init", "-q", place], check=True)
        (Path(place) / ".gitignore").write_text(escaping.gitignore(text) + "\n", encoding="utf-8")
        command = ["git", "check-ignore", "--stdin", "-z"]
        # a name that begins with a colon is a pathspec's magic, unless a folder stands before it
        names = f"./{text}\0./another\0./x{text}\0".encode()
        done = subprocess.run(command, cwd=place, input=names, capture_output=True, check=False)
        assert done.stdout.decode().split("\0")[:-1] == [f"./{text}"]
