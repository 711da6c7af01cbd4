"""targets/<env>.yaml: where it is found, what it says, and how mistakes in it are told."""

from pathlib import Path

import pytest

from tests.handmade import project
from tests.language.test_schema import objects, walk
from trainerspec.backends.kserve.examples import EXAMPLES
from trainerspec.diagnostics.model import Stopped
from trainerspec.diagnostics.render import render
from trainerspec.ir.target import Gpu, Image, Storage
from trainerspec.workspace.targets import read_target, schema

GOOD = """\
registry: registry.example.com/ml
storage: {uri: s3://models/prod/, endpoint: "https://storage.example.com"}
namespace: models
kserve: "0.20"
"""


def put(folder: Path, text: str = GOOD, name: str = "dev") -> Path:
    (folder / "targets").mkdir(parents=True, exist_ok=True)
    (folder / "targets" / f"{name}.yaml").write_text(text)
    return folder


def told(folder: Path, text: str) -> str:
    with pytest.raises(Stopped) as stopped:
        read_target(put(folder, text), "dev")
    return render(stopped.value.diagnostics, stopped.value.sources)


def test_a_short_target_gets_the_defaults(tmp_path: Path) -> None:
    target = read_target(put(tmp_path), "dev")
    assert target.storage == Storage(bucket="models", prefix="prod", endpoint="https://storage.example.com")
    assert (target.kserve, target.mode, target.platform, target.gpu) == ((0, 20), "standard", "kubernetes", None)
    assert target.triton == Image(name="registry.example.com/ml/nvidia/tritonserver", tag="26.07-py3")


def test_everything_that_is_said_is_read(tmp_path: Path) -> None:
    more = "mode: knative\nplatform: openshift\ngpu: {product: NVIDIA-L4, count: 2}\ncontext: prod\n"
    digest = f"triton: nvcr.example.com/tritonserver@sha256:{'a' * 64}\n"
    target = read_target(put(tmp_path, GOOD + more + digest), "dev")
    assert (target.mode, target.platform, target.gpu) == ("knative", "openshift", Gpu(product="NVIDIA-L4", count=2))
    assert str(target.triton) == f"nvcr.example.com/tritonserver@sha256:{'a' * 64}"
    assert target.context == "prod"


def test_the_nearest_one_wins_and_none_is_taken_from_beyond_the_repository(tmp_path: Path) -> None:
    put(tmp_path, name="outside")
    repository = put(tmp_path / "repository", GOOD.replace("models\n", "shared\n"))
    (repository / ".git").mkdir()
    project = repository / "teams" / "news"
    project.mkdir(parents=True)
    assert read_target(project, "dev").namespace == "shared"
    put(project)
    assert read_target(project, "dev").namespace == "models"
    with pytest.raises(Stopped, match="TS870 there is no target `outside`"):
        read_target(project, "outside")


def test_a_target_that_is_not_there_is_guessed(tmp_path: Path) -> None:
    put(tmp_path, name="production")
    with pytest.raises(Stopped) as stopped:
        read_target(tmp_path, "prodution")
    assert "did you mean `production`?" in stopped.value.diagnostics[0].hint


def test_mistakes_are_told_all_at_once_at_their_places(tmp_path: Path) -> None:
    text = told(tmp_path, "registri: r.io\nstorage: {uri: models/prod}\nnamespace: Models\nkserve: 0.20\n")
    assert "targets/dev.yaml:1:1: TS201 unknown key `registri`" in text
    assert "did you mean `registry`?" in text
    assert "2:16: TS208 `models/prod` has not the form of `storage.uri`" in text
    assert "3:12: TS208 `Models`" in text
    assert "4:9: TS203 `kserve` is a number; it must be a text" in text, "0.20 would be KServe 0.2"


def test_a_version_before_those_that_are_known_is_refused(tmp_path: Path) -> None:
    assert 'TS208 `"0.14"` has not the form of `kserve`' in told(tmp_path, GOOD.replace("0.20", "0.14"))


def test_the_schema_is_documented_and_closed() -> None:
    bare = [path for path, node in walk(schema()) if not {"title", "description", "examples"} <= node.keys()]
    assert bare == []
    assert all(node["additionalProperties"] is False for node in objects(schema()))


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_the_emitted_examples_are_targets(name: str, tmp_path: Path) -> None:
    content = project().files[f"deploy/examples/{name}/target.yaml"]
    assert read_target(put(tmp_path, content.decode(), name), name) == EXAMPLES[name]
