"""What the compiler sees of data is what `prepare` reads: rows, columns, labels, and what is left out and why."""

import gzip
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from tests.templates import folders
from trainerspec.backends.params import document
from trainerspec.cli.place import workplace
from trainerspec.compiler import Planned, compile_plan
from trainerspec.ir.source import Source
from trainerspec.language.yaml import dump

ROWS = 120
TABLE, NUMBER, TEXT, PICTURE = (
    *("tabular-classification", "tabular-regression", "text-classification", "image-classification"),
)


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    made: dict[str, Path] = {}

    def of(task: str) -> Path:
        if task not in made:
            made[task] = folders.modules(tmp_path_factory.mktemp(task), task)
        return made[task]

    return of


@dataclass(frozen=True, kw_only=True)
class Sides:
    planned: Planned
    report: dict[str, object]
    parts: dict[str, pl.DataFrame]

    @property
    def rows(self) -> pl.DataFrame:
        return pl.concat(list(self.parts.values()))

    def fact(self, name: str) -> object:
        return self.planned.pinned.decided.observed.profile.facts[name].value


@pytest.fixture
def both(tmp_path: Path, modules: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Sides]:
    """Plan a spec on data in this folder, run `prepare` on what the plan says, and compare what both saw."""

    def run(task: str, source: str, *, roles: str = "", clean: str = "", more: str = "") -> Sides:
        clean = f", clean: {clean}" if clean else ""
        text = f"trainerspec: 1\nname: both\ntask: {{type: {task}{roles}}}\ndata: {{source: {source}{clean}{more}}}\n"
        spec = Source(name="trainer.yaml", text=text)
        with workplace(spec, tmp_path) as place:
            planned = compile_plan(spec, place)
        (tmp_path / "params.yaml").write_bytes(dump(document(planned.plan, planned.task), heading=""))
        monkeypatch.chdir(tmp_path)
        with folders.importable(modules(task)):
            from pipeline import prepare

            prepare.main()
        report = json.loads((tmp_path / "build/data/report.json").read_text(encoding="utf-8"))
        parts = {name: pl.read_parquet(f"build/data/{name}.parquet") for name in ("train", "validation", "test")}
        sides = Sides(planned=planned, report=report, parts=parts)
        same(sides)
        return sides

    return run


def same(sides: Sides) -> None:
    """Compare rows read and kept, labels and their counts, and that each row that is gone has a reason."""
    read, kept = (sides.report["rows"][name] for name in ("read", "kept"))  # type: ignore[index]
    left_out = sides.fact("left_out")
    assert isinstance(left_out, dict)
    assert sides.fact("kept") == kept == sides.rows.height
    assert read - kept == sum(left_out.values()), left_out
    unusable = len(sides.report["left_out"])  # type: ignore[arg-type]
    dropped = sides.report["dropped"]
    assert isinstance(dropped, list)
    assert read - kept == sum(one["rows"] for one in dropped), (dropped, unusable)
    if "label" in sides.rows.columns and sides.rows["label"].dtype == pl.String:
        assert sorted(sides.rows["label"].unique().to_list()) == sorted(sides.planned.pinned.labels)


def table(folder: Path, name: str, header: str, rows: Iterator[str] | list[str], end: str = "\n") -> None:
    (folder / name).write_bytes((end.join([header, *rows]) + end).encode())


def text(n: int) -> str:
    return f"the {('engine', 'invoice', 'brake', 'refund')[n % 4]} of case {n} needs another look"


def test_stray_quotes_in_a_file_without_quoting(tmp_path: Path, both: Callable[..., Sides]) -> None:
    rows = [f'{text(n)} 5" pipe {chr(34) if n % 7 == 0 else ""}\t{"ab"[n % 2]}' for n in range(ROWS)]
    table(tmp_path, "t.tsv", "text\tteam", rows)
    assert both(TEXT, "t.tsv", roles=", outputs: {label: team}").rows.height == ROWS


@pytest.mark.parametrize(
    ("labels", "wanted"),
    [
        (("01", "02", "10"), ["01", "02", "10"]),
        (("True", "False"), ["False", "True"]),
        ((" 1", "0 "), ["0", "1"]),
        (("1.0", "0.0"), ["0.0", "1.0"]),
        (("yes", "no", "NA", "", "null"), ["no", "yes"]),
    ],
)
def test_labels_are_texts_as_written(
    tmp_path: Path, both: Callable[..., Sides], labels: tuple[str, ...], wanted: list[str]
) -> None:
    table(tmp_path, "t.csv", "a,b,y", [f"{n % 31},{n * 7 % 53},{labels[n % len(labels)]}" for n in range(ROWS)])
    assert list(both(TABLE, "t.csv", roles=", outputs: {label: y}").planned.pinned.labels) == wanted


@pytest.mark.parametrize(("listed", "rows", "told"), [(", labels: [BW, NA, ZA]", ROWS, False), ("", 80, True)])
def test_a_code_may_read_as_no_label(
    tmp_path: Path, both: Callable[..., Sides], listed: str, rows: int, *, told: bool
) -> None:
    table(tmp_path, "t.csv", "a,b,y", [f"{n % 31},{n * 7 % 53},{('NA', 'ZA', 'BW')[n % 3]}" for n in range(ROWS)])
    sides = both(TABLE, "t.csv", roles=f", outputs: {{label: y}}{listed}", clean="[normalise_labels]")
    assert sides.rows.height == rows
    assert {"step": "no value in `y`", "rows": ROWS - rows} in sides.report["dropped"]  # type: ignore[operator]
    assert told == any("40 rows of `y` read `NA`" in one.message for one in sides.planned.diagnostics)


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_numbers_and_dates_as_people_write_them(
    tmp_path: Path, both: Callable[..., Sides], end: str, *, compress: bool
) -> None:
    days = [date(2023, 1, 1) + timedelta(days=3 * n) for n in range(ROWS)]
    rows = [f"{n % 90 + 40},5;{day:%d.%m.%Y};{n * 37 % 900 + 3}.{n * 211 % 1000:03}" for n, day in enumerate(days)]
    table(tmp_path, "t.csv", "area;day;price", rows, end)
    if compress:
        (tmp_path / "t.csv.gz").write_bytes(gzip.compress((tmp_path / "t.csv").read_bytes()))
    found = both(NUMBER, "t.csv.gz" if compress else "t.csv", roles=", outputs: {value: price}")
    assert found.rows.sort("day")["value"].to_list()[:2] == [3000.0, 40211.0]
    assert found.rows["area"].min() == 40.5
    assert found.rows["day"].min() == "2023-01-01T00:00:00"


@pytest.mark.parametrize("written", ["%d.%m.%Y", "%m/%d/%Y", "%Y-%-m-%-d", "%d %b %Y", "%s"])
def test_a_split_by_time_ends_with_the_latest(tmp_path: Path, both: Callable[..., Sides], written: str) -> None:
    days = [date(2022, 11, 20) + timedelta(days=4 * (n * 37 % ROWS)) for n in range(ROWS)]
    rows = [f"{day.strftime(written)},{n % 13},{n * 7 % 90}" for n, day in enumerate(days)]
    table(tmp_path, "t.csv", "created_at,temp,rides", rows)
    more = ", columns: [created_at, temp], split: {by: 'time:created_at'}"
    parts = both(NUMBER, "t.csv", roles=", outputs: {value: rides}", more=more).parts
    assert parts["train"]["created_at"].max() < parts["validation"]["created_at"].min()  # type: ignore[operator]
    assert parts["validation"]["created_at"].max() < parts["test"]["created_at"].min()  # type: ignore[operator]


@pytest.mark.parametrize(
    "condition",
    [
        *("size > 5.5", "size > 5", "size in [5, 5.25]", "known(size)", "ok == true"),
        *('day >= "2024-02-01"', 'town == "Rome" and size <= 2'),
    ],
)
def test_filters_mean_the_same(tmp_path: Path, both: Callable[..., Sides], condition: str) -> None:
    days = [date(2024, 1, 1) + timedelta(days=n) for n in range(ROWS)]
    sizes = [("NA", "nan")[n % 2] if n % 10 == 0 else str(n % 12) for n in range(ROWS)]
    rows = [
        f"{sizes[n]},{n % 2 == 0},{days[n]:%d.%m.%Y},{('Rome', 'Oslo')[n // 2 % 2]},{n * 7 % 90}" for n in range(ROWS)
    ]
    table(tmp_path, "t.csv", "size,ok,day,town,y", rows)
    known = [None if size in ("NA", "nan") else int(size) for size in sizes]
    expected = {
        "size > 5.5": [size is not None and size > 5.5 for size in known],
        "size > 5": [size is not None and size > 5 for size in known],
        "size in [5, 5.25]": [size == 5 for size in known],
        "known(size)": [size is not None for size in known],
        "ok == true": [n % 2 == 0 for n in range(ROWS)],
        'day >= "2024-02-01"': [day >= date(2024, 2, 1) for day in days],
        'town == "Rome" and size <= 2': [
            n // 2 % 2 == 0 and size is not None and size <= 2 for n, size in enumerate(known)
        ],
    }[condition]
    found = both(NUMBER, "t.csv", roles=", outputs: {value: y}", clean=f"[{{where: {json.dumps(condition)}}}]")
    assert found.rows.height == sum(expected)


def test_texts_under_two_labels_are_left_out_and_told(tmp_path: Path, both: Callable[..., Sides]) -> None:
    rows = [f"{text(n % 100)},{'ab'[n % 2] if n < 100 else 'ba'[n % 2]}" for n in range(ROWS)]
    table(tmp_path, "t.csv", "text,team", rows)
    found = both(TEXT, "t.csv", roles=", outputs: {label: team}")
    assert found.fact("left_out") == {"`text` under several labels": 40}
    assert "TS422" in {one.code for one in found.planned.diagnostics}


def test_labels_in_several_spellings_and_rare_ones(tmp_path: Path, both: Callable[..., Sides]) -> None:
    spelled = ["Café", "Cafe\u0301", "bar", "Bar ", "bar", "CAFÉ", "Café"]
    labels = [*(spelled[n % 7] for n in range(ROWS)), "pub", "inn", "kiosk"]
    table(tmp_path, "t.csv", "a,b,place", [f"{n % 31},{n * 7 % 53},{one}" for n, one in enumerate(labels)])
    found = both(TABLE, "t.csv", roles=", outputs: {label: place}", clean="auto")
    assert list(found.planned.pinned.labels) == ["Café", "bar", "other"]
    assert found.rows.height == len(labels)
    steps = found.planned.pinned.values["data.clean"]
    assert steps == ["normalise_labels", {"merge_labels": {"other": ["inn", "kiosk", "pub"]}}]


def test_declared_forms_are_read_and_served(
    tmp_path: Path, both: Callable[..., Sides], modules: Callable[[str], Path]
) -> None:
    rows = [f"{n % 12 + 1:02}/{n % 9 + 1:02}/2023;{n % 50 + 1}.{n * 37 % 1000:03};{n * 7 % 90}" for n in range(ROWS)]
    table(tmp_path, "t.csv", "day;price;y", rows)
    clean = '[{parse_date: {column: day, order: mdy}}, {parse_number: {column: price, decimal: ","}}]'
    clean = clean[:-1] + ", {clip_outliers: {column: price, high: 40000}}]"
    clean = clean.replace('decimal: ","', 'decimal: ",", thousands: "."')
    found = both(NUMBER, "t.csv", roles=", outputs: {value: y}", clean=clean)
    assert found.rows.sort("day")["day"][0] == "2023-01-01T00:00:00"
    assert found.rows["price"].max() > 40000  # type: ignore[operator]
    with folders.importable(modules(NUMBER)):
        from pipeline.base import params
        from pipeline.tables.column import numbers
        from pipeline.tables.input_columns import fit

        columns = {one.name: one for one in fit(found.parts["train"], params.load())}
        first = found.parts["train"].row(0, named=True)
        prepared = numbers(columns["day"], [first["day"], first["day"]])
        as_written = f"{first['day'][5:7]}/{first['day'][8:10]}/{first['day'][:4]}"
        assert prepared.tolist() == numbers(columns["day"], [as_written, first["day"][:10]]).tolist()
        assert numbers(columns["price"], ["1.250", 1250.0, "90.000"]).tolist() == [1250.0, 1250.0, 40000.0]


def test_words_for_no_value_are_missing_on_both_sides(tmp_path: Path, both: Callable[..., Sides]) -> None:
    words = ("--", "nil", "#N/A", "?", "missing", "inf")
    rows = [f"{words[n // 9 % 6] if n % 9 == 0 else n % 40},{n * 7 % 53},{'ab'[n % 2]}" for n in range(ROWS)]
    table(tmp_path, "t.csv", "a,b,y", rows)
    found = both(TABLE, "t.csv", roles=", outputs: {label: y}")
    assert found.rows["a"].null_count() == sum(n % 9 == 0 for n in range(ROWS))


def test_ragged_rows_totals_and_a_title_are_counted(tmp_path: Path, both: Callable[..., Sides]) -> None:
    rows = [f"{n % 31},{n * 7 % 53},{'ab'[n % 2]}" for n in range(ROWS)]
    rows[10], rows[20] = "1,2,3,a", "1"
    (tmp_path / "t.csv").write_text("\n".join(["Report of May", "", "a,b,y", *rows, "Total,99,"]) + "\n")
    found = both(TABLE, "t.csv", roles=", outputs: {label: y}")
    assert (found.rows.height, found.report["rows"]["read"]) == (ROWS - 2, ROWS + 1)  # type: ignore[index]


def test_sentences_with_a_line_that_does_not_fit_are_told(tmp_path: Path, both: Callable[..., Sides]) -> None:
    words = [f"Ann{n} B-PER\nlives O\nin O\nTown{n} B-LOC\n" for n in range(ROWS)]
    words[3] = words[3].replace("lives O", "lives")
    (tmp_path / "t.conll").write_text("\n".join(words).replace("\n\nAnn7", "\n  \n\n\nAnn7"), "utf-8")
    sides = both("token-classification", "t.conll")
    assert (sides.report["rows"]["read"], sides.rows.height) == (ROWS, ROWS - 1)  # type: ignore[index]
    assert sides.report["left_out"][0]["problem"] == "line 17 has 1 columns, not 2: `lives`"  # type: ignore[index]
    told = "1 sentence of `t.conll` with more or fewer than 2 columns left out: line 17"
    assert any(one.message == told for one in sides.planned.diagnostics)


def test_folders_of_texts_with_a_readme(tmp_path: Path, both: Callable[..., Sides]) -> None:
    for n in range(40):
        place = tmp_path / "reviews" / ("pos", "neg")[n % 2] / f"{n}.txt"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text(n))
    (tmp_path / "reviews/README.txt").write_text("about")
    found = both(TEXT, "reviews")
    assert found.rows.height == 40


@pytest.mark.parametrize("suffix", [".png", ".tif", ".jfif", ".webp"])
def test_pictures_in_folders_and_in_tables(tmp_path: Path, both: Callable[..., Sides], suffix: str) -> None:
    rows = []
    for n in range(24):
        place = tmp_path / "shapes/images" / f"{n:03}{suffix}"
        place.parent.mkdir(parents=True, exist_ok=True)
        made = Image.fromarray(np.random.default_rng(n).integers(0, 255, (4, 4, 3), np.uint8)).resize((32, 32), 0)
        content = io.BytesIO()
        made.save(content, {".jfif": "JPEG", ".tif": "TIFF"}.get(suffix, suffix[1:].upper()))
        place.write_bytes(content.getvalue())
        rows.append(f"{n:03},{('round', 'square')[n % 2]}")
    table(tmp_path / "shapes", "labels.csv", "file,shape", rows)
    found = both(PICTURE, "shapes", roles=", inputs: {image: file}, outputs: {label: shape}")
    assert list(found.planned.pinned.labels) == ["round", "square"]


def test_pictures_of_a_table_under_two_labels_are_left_out_and_told(tmp_path: Path, both: Callable[..., Sides]) -> None:
    noise = np.random.default_rng(0)
    for n in range(24):
        Image.fromarray(noise.integers(0, 255, (16, 16, 3), dtype=np.uint8)).save(tmp_path / f"p{n}.png")
    rows = [f"p{n}.png,{'ab'[n % 2]}" for n in range(24)]
    table(tmp_path, "t.csv", "file,kind", [*rows, "p0.png,a", "p1.png,a", "p3.png,a"])
    sides = both(PICTURE, ".", roles=", inputs: {image: file}, outputs: {label: kind}")
    assert sides.rows.height == 22
    assert any("2 pictures have several labels, their 4 rows" in one.message for one in sides.planned.diagnostics)


def test_empty_texts_of_two_classes_are_missing(tmp_path: Path, both: Callable[..., Sides]) -> None:
    for n in range(40):
        place = tmp_path / "reviews" / ("pos", "neg")[n % 2] / f"{n}.txt"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("" if n in (4, 9) else f"{text(n)} {n}")
    assert both(TEXT, "reviews").fact("left_out") == {"no value in `text`": 2}


def test_multiples_and_fractions_are_numbers_to_both(tmp_path: Path, both: Callable[..., Sides]) -> None:
    rows = [f"{('850k', '1.2M')[n % 2]},{('1/2', '1 5/16', '2')[n % 3]},{n * 7 % 53}" for n in range(ROWS)]
    table(tmp_path, "t.csv", "price,size,y", rows)
    found = both(NUMBER, "t.csv", roles=", outputs: {value: y}").rows
    assert set(found["price"].to_list()) == {850_000.0, 1_200_000.0}
    assert set(found["size"].to_list()) == {0.5, 1.3125, 2.0}


@pytest.mark.parametrize("outer", [("train", "val", "test"), ("training", "dev", "testing"), ("Train", "Test")])
def test_names_of_folders_may_give_the_split(
    tmp_path: Path, both: Callable[..., Sides], outer: tuple[str, ...]
) -> None:
    for n in range(60):
        place = tmp_path / "reviews" / outer[n % len(outer)] / ("pos", "neg")[n // 3 % 2] / f"{n}.txt"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text(n))
    parts = both(TEXT, "reviews", more=", split: {by: 'given:part'}").parts
    assert {name.split("/")[0] for name in parts["test"]["id"].to_list()} == {outer[-1]}
    assert {name.split("/")[0] for name in parts["train"]["id"].to_list()} == {outer[0]}


def test_names_of_tables_may_give_the_split(tmp_path: Path, both: Callable[..., Sides]) -> None:
    (tmp_path / "d").mkdir()
    for name, rows in (("train", 90), ("test", 30)):
        lines = [f"{n % 31},{(n + rows) * 7 % 53},{'ab'[n % 2]}" for n in range(rows)]
        table(tmp_path / "d", f"{name}.csv", "a,b,y", lines)
    parts = both(TABLE, "d", roles=", outputs: {label: y}", more=", split: {by: 'given:part'}").parts
    assert {one.partition(":")[0] for one in parts["test"]["id"].to_list()} == {"test.csv"}
    assert "__part" not in parts["test"].columns


LONG = "the {} in the cellar of house {} makes a noise when it rains, and the neighbours wrote to us about it {} times"


@pytest.mark.parametrize(
    ("step", "gone"),
    [("near_duplicates", 20), ("{near_duplicates: {similarity: 0.7}}", 20), ("{near_duplicates: {similarity: 1}}", 0)],
)
def test_near_duplicates_are_left_out(tmp_path: Path, both: Callable[..., Sides], step: str, gone: int) -> None:
    texts = [LONG.format(f"pump{n}", f"no{n}", f"x{n} y{n} z{n} t{n} u{n}") for n in range(ROWS)]
    texts += [f"{text.upper()}! again" for text in texts[:20]]
    table(tmp_path, "t.tsv", "text\tteam", [f"{text}\t{'ab'[n % 2]}" for n, text in enumerate(texts)])
    found = both(TEXT, "t.tsv", roles=", outputs: {label: team}", clean=f"[drop_missing, {step}]")
    assert found.rows.height == ROWS + 20 - gone
    (told,) = [one["rows"] for one in found.report["dropped"] if one["step"] == "near_duplicates"]  # type: ignore[attr-defined]
    assert told == gone


def test_personal_data_is_masked_and_what_is_equal_then_is_one(tmp_path: Path, both: Callable[..., Sides]) -> None:
    texts = [f"{text(n)}, write to user{n}@post.fr" for n in range(ROWS)]
    texts += [f"please call me back at +49 30 90182{n:02}" for n in range(10)]
    table(
        tmp_path, "t.tsv", "text\tteam", [f"{text}\t{'ab'[n % 2 if n < ROWS else 0]}" for n, text in enumerate(texts)]
    )
    found = both(TEXT, "t.tsv", roles=", outputs: {label: team}", clean="[mask_pii, drop_duplicates]")
    assert found.rows.height == ROWS + 1
    assert not found.rows["text"].str.contains("@|90182").any()
    assert found.rows["text"].str.contains("[email]", literal=True).sum() == ROWS


def test_personal_data_is_masked_in_each_column_of_a_text(tmp_path: Path, both: Callable[..., Sides]) -> None:
    rows = [f"mail a{n}@post.fr\tcard 4111 1111 1111 1111 of {n}\t{'ab'[n % 2]}" for n in range(ROWS)]
    table(tmp_path, "t.tsv", "subject\tbody\tteam", rows)
    roles = ", inputs: {text: [subject, body]}, outputs: {label: team}"
    found = both(TEXT, "t.tsv", roles=roles, clean="[{mask_pii: {kinds: [email]}}]")
    assert found.rows["text.subject"].unique().to_list() == ["mail [email]"]
    assert found.rows["text.body"].str.contains("4111 1111 1111 1111", literal=True).all()


def test_personal_data_in_columns_of_a_table_is_masked(tmp_path: Path, both: Callable[..., Sides]) -> None:
    desks = ("sales@post.fr", "door")
    rows = [f"{n * 7 % 31},{text(n)} from a{n % 40}@post.fr,{desks[n // 2 % 2]},{'ab'[n % 2]}" for n in range(ROWS)]
    table(tmp_path, "t.csv", "size,note,desk,y", rows)
    found = both(TABLE, "t.csv", roles=", outputs: {label: y}", clean="[mask_pii]")
    assert found.rows["note"].str.ends_with(" from [email]").all()
    assert set(found.rows["desk"].to_list()) == {"[email]", "door"}


def test_pictures_are_turned_upright_and_counted(
    tmp_path: Path, both: Callable[..., Sides], capsys: pytest.CaptureFixture[str]
) -> None:
    chance = np.random.default_rng(7)
    for n in range(ROWS // 4):
        path = tmp_path / "p" / "ab"[n % 2] / f"{n}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        turned = Image.Exif()
        turned[0x0112] = 6 if n % 3 == 0 else 1
        small = Image.fromarray(chance.integers(0, 255, (4, 4, 3), dtype=np.uint8))
        small.resize((32, 32)).save(path, exif=turned)
    assert both(PICTURE, "p", clean="[fix_orientation]").rows.height == ROWS // 4
    assert f"note: {ROWS // 12} pictures are turned upright" in capsys.readouterr().out
