"""The page on the data: rows add up, nothing of the data is markup, equal data give equal bytes, it fits a phone."""

import base64
import hashlib
import html
import io
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from PIL import Image

from tests.property.test_escaping import texts
from tests.serving.browser import browser
from tests.templates import folders

CHROMIUM, CHROMEDRIVER = shutil.which("chromium") or shutil.which("google-chrome"), shutil.which("chromedriver")


class Markup(HTMLParser):
    """The tags of a page with the names of their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags, self.text = set[str](), ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags |= {tag, *(f"{tag} {name}" for name, _ in attrs)}

    def handle_data(self, data: str) -> None:
        self.text += data


def made(text: str, label: str, column: str) -> str:
    """Write the page on some rows that hold these, and return it."""
    from pipeline.base.params import Params
    from pipeline.data_page import findings, page

    rows = {"id": ["a:1", "a:2", "a:3", "a:4"], "text": [f"{text} one", f"{text} one", f"two {text}", "three"]}
    frame = pl.DataFrame({**rows, "label": [label, label, "b", "b"], column: [label, None, text, text]}).with_columns(
        pl.Series("count", [1, 2, 3, 40]), pl.Series("key", list("aabc"))
    )
    parts = {"train": frame, "validation": frame.head(2), "test": frame.tail(1)}
    report: Any = {"rows": {"read": 9, "kept": 7, "train": 4, "validation": 2, "test": 1}}
    report |= {"dropped": [{"step": text, "rows": 2}], "labels": {part: {label: 1, "b": 2} for part in parts}}
    tree: Any = {"name": label, "task": text, "inputs": {"text": column}, "outputs": {"label": label}}
    tree |= {
        "labels": [label, "b"],
        "data": {"contract": {"hard": {}}, "augment": [{"templates": [f"{text} {{text}}"]}]},
    }
    tree |= {"model": {"train": {"seed": 7}}}
    one = {"code": "leak", "severity": "error", "title": label, "message": text, "fix": column, "count": 3}
    one |= {"rows": [{"file": label, "line": 7, "value": text, "part": "train"}], "acknowledged": text}
    checks = {"findings": [one], "counts": {"error": 1, "warning": 0}, "rows": 9, "looked": 9}
    page.write(Params(tree), parts, report, findings.shown(checks, [text]))
    return Path("build/data.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def plain(assembled: Path, tmp_path_factory: pytest.TempPathFactory) -> Markup:
    with folders.importable(assembled), pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("plain"))
        return Markup(made("some words", "a", "other"))


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts, texts.map(lambda text: f"{text} $x$ \\frac"), texts.map(lambda text: f"c {text}"))
def test_nothing_of_the_data_is_markup(pipeline: None, plain: Markup, text: str, label: str, column: str) -> None:
    page = Markup(made(text, label, column))
    assert page.tags <= plain.tags
    assert "".join(text.split()) in "".join(page.text.split())


def test_equal_data_give_equal_bytes_and_the_rows_add_up(pipeline: None) -> None:
    page = made("some words", "a", "other")
    assert page == made("some words", "a", "other")
    assert "9 rows read, 7 kept." in page
    assert not re.search(r"(?:src|href)=[\"'](?!#|data:)", page), "nothing is fetched"
    assert "left out: some words" in page
    assert "9 rows were checked: 1 error." in page
    assert "a:7 <span class='dim'>train</span> some words" in page
    found = Markup(page)
    assert "1 pair" in found.text or "pairs" in found.text
    assert {"svg role", "svg aria-label", "nav aria-label"} <= found.tags
    assert page.count("<svg ") == page.count("role='img' aria-label='") > 4
    assert "; a: train 25.00%, validation 50.00%, test 0.00%" in html.unescape(page), (
        "a chart says in words what it shows"
    )


def test_reasons_that_are_not_counted_are_told(pipeline: None) -> None:
    from pipeline.data_page import page

    rows = {"read": 9, "kept": 5, "train": 3, "validation": 1, "test": 1}
    assert "9 rows read, 5 kept; 2 more were left out." in page.rows(
        {"rows": rows, "dropped": [{"step": "x", "rows": 2}]}
    )


def test_columns_are_told_by_what_they_hold(pipeline: None) -> None:
    from pipeline.data_page.columns import columns

    frame = pl.DataFrame({"id": ["1"], "n": [1.5], "ok": [True], "day": ["2024-01-31T00:00:00"], "spans": [[1]]})
    found = {one.name: (one.kind, one.typical) for one in columns(frame, {"day": "time"})}
    assert found["n"] == ("number", "1.5 to 1.5, half of them up to 1.5")
    assert found["ok"] == ("truth value", "most often true: 100.00%")
    assert found["day"] == ("time", "2024-01-31 to 2024-01-31")
    assert found["spans"] == ("list", "")
    assert "id" not in found


def test_spans_are_marked_in_their_text(tmp_path: Path) -> None:
    with folders.importable(folders.modules(tmp_path / "p", "token-classification")):
        from pipeline.task import gallery

        spans = [{"start": 0, "end": 3, "label": "<PER>"}, {"start": 8, "end": 13, "label": "CITY"}]
        page = Markup(gallery.example({"text": "Ann in <Oslo>", "spans": spans}))
    assert page.text == "Ann <PER> in <Oslo> CITY".replace("in <", "in <")
    assert page.tags == {"blockquote", "mark", "mark class", "small"}


def test_a_box_is_drawn_where_it_is(tmp_path: Path) -> None:
    Image.new("RGB", (400, 200), "white").save(tmp_path / "a.png")
    with folders.importable(folders.modules(tmp_path / "p", "visual-grounding")):
        from pipeline.task import gallery

        row = {"image": str(tmp_path / "a.png"), "phrase": "<b> a ball", "box": [100.0, 50.0, 300.0, 150.0]}
        card = gallery.example(row)
    assert "alt='&lt;b&gt; a ball, in a box'" in card
    content = re.search(r"base64,([^']*)", card)
    assert content
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(content[1]))).convert("RGB")).astype(int)
    red = (pixels[..., 0] - pixels[..., 1]) > 60
    assert pixels.shape == (88, 176, 3)
    rows, columns = np.flatnonzero(red.any(axis=1)), np.flatnonzero(red.any(axis=0))
    assert [rows[0], rows[-1], columns[0], columns[-1]] == pytest.approx([22, 66, 44, 132], abs=2)
    assert not red[30:58, 52:124].any(), "the inside is not painted over"


def test_pictures_that_look_alike_are_found(tmp_path: Path) -> None:
    chance = np.random.default_rng(7)
    for name in "abc":
        Image.fromarray(chance.integers(0, 255, (32, 32, 3), dtype=np.uint8)).resize((64, 64)).save(
            tmp_path / f"{name}.png"
        )
    with Image.open(tmp_path / "a.png") as picture:
        picture.resize((48, 48)).save(tmp_path / "d.jpg", quality=60)
    with folders.importable(folders.modules(tmp_path / "p", "image-classification")):
        from pipeline.task import gallery

        frame = pl.DataFrame({"image": [str(tmp_path / name) for name in ("a.png", "b.png", "c.png", "d.jpg")]})
        ((one, other, share),) = gallery.pairs(frame)
    assert (one, other) == (0, 3)
    assert share > 0.95


def test_croissant_describes_every_split(pipeline: None) -> None:
    from pipeline.base.params import Params
    from pipeline.data_page import croissant

    rows = {"id": ["a:1"], "text": ["x"], "count": [1], "share": [0.5], "ok": [True], "box": [[1.0, 2.0]]}
    frame = pl.DataFrame({**rows, "spans": [[{"start": 0, "end": 1, "label": "A"}]]})
    parts = {part: frame.clear() if part == "test" else frame for part in ("train", "validation", "test")}
    files = {part: Path(f"build/data/{part}.parquet") for part in parts}
    Path("build/data").mkdir(parents=True)
    for part, path in files.items():
        parts[part].write_parquet(path)
    tree: Any = {"name": "a", "version": "1.0.0", "task": "t", "inputs": {"text": "Note"}, "outputs": {}}
    croissant.write(Params(tree), parts, files, Path("build/croissant.json"))
    about = json.loads(Path("build/croissant.json").read_text())
    assert about["conformsTo"] == "http://mlcommons.org/croissant/1.0"
    listed = {one["@id"]: one for one in about["distribution"]}
    for part, path in files.items():
        file = listed[f"{part}.parquet"]
        assert file["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        assert (Path("build") / file["contentUrl"], file["contentSize"]) == (path, f"{path.stat().st_size} B")
        (records,) = [one for one in about["recordSet"] if one["@id"] == part]
        fields = {one["@id"].removeprefix(f"{part}/"): one for one in records["field"]}
        types = {name: one.get("dataType") for name, one in fields.items()}
        assert types == {
            "id": "sc:Text", "text": "sc:Text", "count": "sc:Integer", "share": "sc:Float",
            "ok": "sc:Boolean", "box": "sc:Float", "spans": None,
        }  # fmt: skip
        assert [one["dataType"] for one in fields["spans"]["subField"]] == ["sc:Integer", "sc:Integer", "sc:Text"]
        assert [name for name, one in fields.items() if one.get("repeated")] == ["box", "spans"]
        assert {one["source"]["fileObject"]["@id"] for one in fields.values()} == {f"{part}.parquet"}
    assert "`Note`" in fields["text"]["description"]


def test_a_check_that_stops_the_data_leaves_the_page_that_says_why(
    pipeline: None, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in (project / "data/texts").glob("*/*.txt"):
        path.write_text(f"{path.read_text()} Filed under {path.parent.name}.", encoding="utf-8")
    monkeypatch.chdir(project)
    from pipeline import checks, prepare
    from pipeline.base.failure import Failure

    prepare.main()
    with pytest.raises(Failure, match="their own"):
        checks.main()
    assert not Path("build/checked.json").exists()
    page = Markup(Path("build/data.html").read_text(encoding="utf-8"))
    assert json.loads(Path("build/checks.json").read_text())["findings"][0]["message"] in page.text


@pytest.mark.croissant
def test_mlcroissant_reads_the_description(tmp_path: Path) -> None:
    import mlcroissant

    folder = folders.build(tmp_path / "p", "token-classification")
    folders.stages(folder, "prepare", "checks", "describe")
    found = mlcroissant.Dataset(jsonld=folder / "build/croissant.json")
    assert not found.metadata.issues.errors
    rows = list(found.records("validation"))
    frame = pl.read_parquet(folder / "build/data/validation.parquet")
    assert [row["validation/text"].decode() for row in rows] == frame["text"].to_list()
    spans = [[span["validation/spans/label"].decode() for span in row["validation/spans"]] for row in rows]
    assert spans == [[span["label"] for span in value] for value in frame["spans"].to_list()]


@pytest.mark.skipif(not (CHROMIUM and CHROMEDRIVER), reason="needs chromium and chromedriver")
def test_the_page_fits_a_phone_and_can_be_read_in_the_dark(pipeline: None) -> None:
    assert CHROMIUM
    assert CHROMEDRIVER
    made("some words " * 90, "a label of some length", "other")
    with browser(CHROMEDRIVER, CHROMIUM) as window:
        for width in (390, 1200):
            for theme in ("light", "dark"):
                size = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width == 390}
                features = {"features": [{"name": "prefers-color-scheme", "value": theme}]}
                for command, about in (("DeviceMetricsOverride", size), ("EmulatedMedia", features)):
                    window.call("POST", "/goog/cdp/execute", {"cmd": f"Emulation.set{command}", "params": about})
                window.open(Path("build/data.html").resolve().as_uri())
                assert window.run("return document.documentElement.scrollWidth <= innerWidth")
                contrast = window.run(CONTRAST)
                assert isinstance(contrast, float)
                assert contrast > 4.5, (width, theme)


CONTRAST = """
const bright = (colour) => {
  const linear = x => x <= .04 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4;
  const part = colour.match(/[0-9.]+/g).slice(0, 3).map(x => linear(x / 255));
  return .2126 * part[0] + .7152 * part[1] + .0722 * part[2];
};
const paper = bright(getComputedStyle(document.body).backgroundColor);
const inks = [...document.querySelectorAll('p, td, th, h2, figcaption, nav a, svg text')];
return Math.min(...inks.map(one => {
  const style = getComputedStyle(one), ink = bright(one.closest('svg') ? style.fill : style.color);
  return (Math.max(ink, paper) + .05) / (Math.min(ink, paper) + .05);
})) + 1e-9;
"""
