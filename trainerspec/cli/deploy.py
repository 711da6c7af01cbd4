"""trainerspec deploy: what was pushed, onto the cluster of the current context; or the check of it, offline."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.exceptions import Exit

from trainerspec.cli.build import format_option, path_argument
from trainerspec.cli.check import Form
from trainerspec.cli.push import package_option, target_option

if TYPE_CHECKING:
    from trainerspec.diagnostics.model import Diagnostic
    from trainerspec.ir.target import Target
    from trainerspec.releasing.cluster.verify import Verified
    from trainerspec.running.serve import Package


@target_option
@path_argument
@package_option
@click.option("--verify", is_flag=True, help="Check the manifests only, without a cluster.")
@click.option(
    "--timeout", type=click.IntRange(min=1), default=900, show_default=True, metavar="SECONDS", help="How long to wait."
)
@click.option("--token-env", default="", metavar="NAME", help="Send the gateway the bearer token of this variable.")
@format_option
def deploy(
    target: str, path: Path, package: Path | None, verify: bool, timeout: int, token_env: str, form: Form
) -> None:
    """Verify the target's manifests, apply them, wait until they serve, and replay the golden answers.

    Where the target asks for a signature (`signed`), it and every digest are checked first. When an answer is another
    one than was measured, or the service does not get ready, what was there before comes back. With `--verify` no
    cluster is needed.

    \b
    Examples:
      trainerspec deploy --verify --target dev
      trainerspec deploy --target prod news-desk --timeout 1800
    """
    from trainerspec.cli.needs import needs
    from trainerspec.cli.place import locate
    from trainerspec.cli.show import show
    from trainerspec.running.serve import open_package
    from trainerspec.workspace.inside import own
    from trainerspec.workspace.targets import read_target

    needs("jsonpatch", "kubernetes", "kubernetes_validate", "boto3")
    from trainerspec.releasing.cluster.verify import verify as look

    _, project = locate(path)
    wanted = read_target(project, target)
    place = package.resolve() if package is not None else own(project, "package")
    opened = open_package(place) if (place / "package.json").is_file() or not verify else None
    found = look(project, wanted, opened)
    show(found.diagnostics, (), form)
    if form is Form.text:
        tell(found, wanted)
    if not found.fine:
        raise Exit(1)
    if found.pushed:
        show(signatures(project, wanted, found, opened), (), form)
    if not verify and opened is not None:
        apply(project, wanted, found, opened, timeout, token_env)


def apply(project: Path, target: "Target", found: "Verified", package: "Package", timeout: int, token_env: str) -> None:
    """Have the engine job run where there is one, apply what was verified, and print what is served now."""
    from trainerspec.diagnostics.model import Diagnostic, Stopped
    from trainerspec.releasing.cluster.api import connect
    from trainerspec.releasing.cluster.deploy import by_package, deploy
    from trainerspec.releasing.cluster.engine import with_engine
    from trainerspec.releasing.cluster.rollout import Wait
    from trainerspec.releasing.push import engine
    from trainerspec.releasing.storage import Bucket

    if not found.pushed:
        message, hint = f"nothing was pushed to `{target.name}`", f"first `trainerspec push --target {target.name}`"
        raise Stopped((Diagnostic(code="TS894", message=message, hint=hint),))
    same(package, found)
    cluster = connect(target)
    print(f"\ndeploying to `{target.namespace}` of `{cluster.context}`")
    if target.signed is not None:
        whole(target, package)
    wait, objects = Wait(seconds=timeout), list(found.objects)
    if engine(package) == "tensorrt":
        objects = with_engine(project, target, objects, cluster, Bucket(storage=target.storage), wait, _say)
    done = deploy(objects, target, cluster, by_package(package, token_env), wait, _say)
    print(f"\n{package.name} is served at {done.url}\n  model   {done.model}")
    if done.before and done.before != done.model:
        print(f"  before  {done.before}")
    print(f"  {done.replayed}")


def signatures(
    project: Path, target: "Target", found: "Verified", package: "Package | None"
) -> "tuple[Diagnostic, ...]":
    """Check the signature that the target asks for, and print whose it is; without the package, warn of what is open.

    Raises Stopped: TS871, TS873, TS878, TS879, TS894.
    """
    from trainerspec.cli.say import say
    from trainerspec.cli.signing import trusted

    if target.signed is None:
        return ()
    if package is None:
        return (claimed(project, target, found),)
    same(package, found)
    by = trusted(project, package, target)
    served_from(target, found, package)
    say(f"signature: by {by}")
    return ()


def claimed(project: Path, target: "Target", found: "Verified") -> "Diagnostic":
    """Warn that nobody looked who signed. Raises Stopped TS878 when no signature of what is pinned is there."""
    from trainerspec.diagnostics.model import Diagnostic
    from trainerspec.releasing.contents import LISTING, SIGNATURE
    from trainerspec.releasing.signature import claim, refused
    from trainerspec.workspace.inside import own

    path = own(project, f"deploy/targets/{target.name}/{SIGNATURE}")
    if f"/sha256-{claim(path).files.get(LISTING)}/" not in pinned(found):
        raise refused(path, "it is of another release than the one that the overlay pins")
    message = "whose signature it is was not checked, for the package is not here"
    hint = f"give its folder with `--package`, or fetch and check it: `trainerspec verify --target {target.name}`"
    return Diagnostic(code="TS878", message=message, hint=hint, severity="warning", file=str(path))


def served_from(target: "Target", found: "Verified", package: "Package") -> None:
    """Raise Stopped TS878 when the overlay takes the model from elsewhere than where the signed release lies."""
    from trainerspec.releasing.push import digest
    from trainerspec.releasing.signature import refused

    place, expected = pinned(found), target.storage.uri(package.name, digest(package))
    if not place.startswith(f"{expected}/"):
        hint = f"push again: `trainerspec push --target {target.name}`"
        overlay = Path("deploy/targets") / target.name / "kustomization.yaml"
        raise refused(overlay, f"the model is taken from {place}, and what was signed lies at {expected}", hint)


def whole(target: "Target", package: "Package") -> None:
    """Raise Stopped TS871 when what lies in the storage is not the package that was signed."""
    from trainerspec.diagnostics.model import Stopped
    from trainerspec.releasing.contents import changed
    from trainerspec.releasing.push import digest, listed
    from trainerspec.releasing.pushed import unlike
    from trainerspec.releasing.storage import Bucket

    prefix = target.storage.key(package.name, digest(package))
    if wrong := unlike(Bucket(storage=target.storage), prefix, listed(package)):
        place = target.storage.uri(package.name, digest(package))
        hint = f"push again, and look who else may write there: `trainerspec push --target {target.name}`"
        raise Stopped((changed(place, f"in the storage {', '.join(wrong[:5])}", hint),))


def same(package: "Package", found: "Verified") -> None:
    """Raise Stopped TS894 when the overlay pins another release than the package whose answers are replayed."""
    from trainerspec.diagnostics.model import Diagnostic, Stopped
    from trainerspec.releasing.push import digest

    if f"/{digest(package)}/" not in pinned(found):
        message = f"what was pushed is another package than the one in {package.folder}"
        hint = "push this one, or give the folder of the other with `--package`"
        raise Stopped((Diagnostic(code="TS894", message=message, hint=hint),))


def pinned(found: "Verified") -> str:
    """Return where the release lies that the overlay pins."""
    from trainerspec.releasing.cluster.webhook import predictor

    service = next(one for one in found.objects if one["kind"] == "InferenceService")
    return str(predictor(service)["model"]["storageUri"])


def tell(found: "Verified", target: "Target") -> None:
    """Print what was looked at and which runtime KServe would take."""
    from trainerspec.backends.kserve import deployment_mode
    from trainerspec.cli.show import rows
    from trainerspec.diagnostics.render import summary
    from trainerspec.releasing.cluster.kustomize import name_of

    version = ".".join(map(str, target.kserve))
    state = "" if found.pushed else ", as a push would write it"
    mode = deployment_mode(target.kserve, target.mode)
    print(f"deploy/targets/{target.name}{state}: KServe {version}, {mode}, namespace {target.namespace}")
    faulty = {one.file for one in found.diagnostics if one.severity == "error"}
    rows([("!!" if name_of(one) in faulty else "ok", name_of(one)) for one in found.objects])
    print(f"runtime: {found.choice.runtime or 'none'} ({found.choice.because})")
    rows([("--", name, reason) for name, reason in found.choice.others])
    print(summary(found.diagnostics) or "verified: a cluster of that version would take it")


def _say(line: str) -> None:
    print(line, flush=True)
