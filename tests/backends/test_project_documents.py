"""params.yaml, dvc.yaml, .gitignore, pyproject.toml, constraints.txt, README.md."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml as yaml_1_1
from packaging.requirements import Requirement

from tests import handmade, needs
from tests.golden import packages
from trainerspec.backends import docs, dvc, params, pins, project
from trainerspec.language import yaml


def test_params_hold_every_slot_at_its_path():
    document = params.params(handmade.pinned(), handmade.task())
    for path, value in handmade.VALUES.items():
        node = document
        for part in path.split("."):
            node = node[part]
        assert node["id"] == value if path == "model.base" else node == value


def test_params_name_what_is_monitored_and_the_sizes_of_ports():
    document = params.params(handmade.pinned(), handmade.task())
    assert document["monitor"] == {"metric": "macro_f1", "better": "higher"}
    assert document["contract"]["answer"][1]["shape"] == [-1, 3]
    assert document["data"]["clean"] == [{"drop": "missing"}, {"drop": "duplicates"}, {"where": "length(text) >= 20"}]


def test_only_bounds_that_choose_between_number_formats_make_graphs_anew():
    assert params.params(handmade.pinned(), handmade.task())["bounds"] == []
    several = params.params(handmade.pinned(alternatives=["fp16"]), handmade.task())
    assert [row["text"] for row in several["bounds"]] == ["latency.p95 <= 20 ms on cpu"]


def test_params_read_alike_in_yaml_1_1_and_1_2():
    content = params.files(handmade.planned(), handmade.task())["params.yaml"]
    assert yaml_1_1.safe_load(content) == yaml.load(content)
    assert yaml.load(content)["labels"] == list(handmade.LABELS)


@pytest.mark.parametrize(
    "value",
    [
        "no",
        "12:30:00",
        "1_000",
        "0o7",
        "1e5",
        "2024-01-01",
        "a: b",
        "x #y",
        "",
        " x",
        "two\nlines\n",
        "end \nz\n",
        "ü",
        "~",
    ],
)
def test_texts_stay_texts_in_both_yamls(value):
    content = yaml.dump({value: [value]})
    assert yaml.load(content) == yaml_1_1.safe_load(content) == {value: [value]}


@pytest.mark.parametrize("value", [1e-05, 1e22, 0.1, 3, True, None, float("inf"), [], {}, [[1], []]])
def test_values_stay_values_in_both_yamls(value):
    content = yaml.dump({"x": value})
    assert yaml.load(content) == yaml_1_1.safe_load(content) == {"x": value}


def test_dvc_accepts_the_stages():
    schema = needs.module("dvc.schema")
    document = yaml.load(dvc.files(handmade.planned(), handmade.task())["dvc.yaml"])
    schema.COMPILED_MULTI_STAGE_SCHEMA(document)
    commands = [stage["cmd"] for stage in document["stages"].values()]
    assert all(command.startswith("python -m pipeline.") for command in commands)


def test_every_cached_output_is_ignored_by_git():
    lines = dvc.gitignore(handmade.planned()).decode().splitlines()
    for stage in handmade.planned().stages:
        for out in (*stage.outs, *stage.plots):
            assert f"/{out}" in lines
        for metric in stage.metrics:
            assert f"/{metric}" not in lines
    assert "/data/articles" in lines
    assert "/work" in lines


def test_pyproject_is_valid_and_names_what_the_stages_import():
    content = project.files(handmade.planned(), handmade.task())["pyproject.toml"]
    table = tomllib.loads(content.decode())["project"]
    assert table["name"] == "news-desk"
    assert {"torch", "dvc", "mlflow"} <= set(table["dependencies"])


def test_constraints_pin_all_that_is_needed_and_no_tool_of_ours():
    text = pins.constraints().decode()
    assert "\ntorch==" in text
    assert "pytest" not in text
    assert "\nlark==" not in text
    assert "\ndiffusers==" not in text
    assert "\ndiffusers==" in pins.constraints(["diffusers"]).decode()


@pytest.mark.parametrize("tensorrt", [False, True])
def test_an_image_installs_what_is_pinned_and_recorded_and_nothing_else(tensorrt):
    """`pip install --require-hashes` takes no package without a version and a digest, and none that is not named."""
    rows = pins.lines(pins.image(tensorrt=tensorrt).decode())
    found = listed(rows, "x86_64")
    known = {pins.normal(name): version for name, version in pins.pins().items()}
    assert found == {name: known[name] for name in found}, "run `make hashes`"
    other = {pins.normal(one.name): str(one.specifier)[2:] for one in map(Requirement, instead())}
    assert listed(rows, "aarch64") == found | other, "run `make hashes`"
    parts = ("serving", "engine") if tensorrt else ("serving",)
    named = [name for part in parts for name in pins.lines(pins.listed(f"{part}.in").read_text())]
    assert {pins.normal(name) for name in named} <= set(found)
    assert pins.closure(named) <= set(found)
    dockerfile = docs.files(handmade.planned(), handmade.task())["Dockerfile"].decode()
    options = "--no-cache-dir --no-deps --only-binary :all: --require-hashes"
    assert f"pip install {options} --requirement requirements.txt" in dockerfile
    assert "@sha256:" in dockerfile, "an index of images for several machines, or one image"


def instead() -> list[str]:
    """Return the packages that have no wheel for 64-bit Arm in the version that is pinned, with the one that has."""
    return pins.lines(pins.listed("aarch64.in").read_text())


def listed(rows: list[str], machine: str) -> dict[str, str]:
    """Return what pip takes of a list on a machine, each once; every row has its digests."""
    found: dict[str, str] = {}
    for row in rows:
        text, *digests = re.split(r" --hash=sha256:", row)
        assert digests, row
        assert all(re.fullmatch(r"[0-9a-f]{64}", digest) for digest in digests), row
        one = Requirement(text)
        if one.marker is None or one.marker.evaluate({"platform_machine": machine}):
            assert one.name not in found, row
            found[one.name] = str(one.specifier).removeprefix("==")
    return found


def test_what_replaces_a_package_on_another_machine_is_all_that_it_is_used_for():
    """kserve asks for an older psutil; of the whole package it calls what the newer one still has."""
    (one,) = map(Requirement, instead())
    assert (one.name, one.specifier.contains("7.2.2")) == ("psutil", True)
    called = set[str]()
    for path in Path(next(iter(needs.module("kserve").__path__))).rglob("*.py"):
        called |= set(re.findall(r"psutil\.\w+\(\)\.\w+|psutil\.\w+", path.read_text(encoding="utf-8")))
    assert called == {"psutil.Process().cpu_affinity"}


def test_the_list_of_packages_is_complete():
    needs.packages("torch")
    listed = pins.packages()
    for name, package in packages.found().items():
        assert set(package["imports"]) <= set(listed[name]["imports"]), "run `make golden`"
        assert set(package["needs"]) <= set(listed[name]["needs"]), "run `make golden`"


def test_a_pin_tells_the_versions_of_all_that_a_package_needs(monkeypatch):
    before = pins.used(["sklearn", "PIL", "custom", "os"])
    assert set(before) == {"pillow", "scikit-learn"}
    versions = {**pins.pins(), "scipy": "0.1"}
    monkeypatch.setattr(pins, "pins", lambda: versions)
    after = pins.used(["sklearn", "PIL"])
    assert after["pillow"] == before["pillow"]
    assert after["scikit-learn"] != before["scikit-learn"]


def test_the_readme_says_who_decided_what_and_why():
    text = project.files(handmade.planned(), handmade.task())["README.md"].decode()
    assert "> Sort our news articles into three topics" in text
    assert "| `serve.engine` | onnx | you | written in trainer.yaml |" in text
    assert "| `data.max_length` | 128 | rules (model/base#1) | 99% of the texts \\| fit |" in text
