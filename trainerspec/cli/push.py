"""trainerspec push: the package into a target's storage, and the overlay that pins it."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from trainerspec.cli.build import format_option, path_argument
from trainerspec.cli.check import Form
from trainerspec.cli.signing import FILE, Signing

if TYPE_CHECKING:
    from trainerspec.ir.sizing import Sizing

target_option = click.option("--target", required=True, metavar="ENV", help="The environment: targets/ENV.yaml.")
package_option = click.option(
    "--package", type=click.Path(path_type=Path), metavar="DIR", help="A package; default: package/ of the project."
)


@target_option
@path_argument
@package_option
@click.option(
    "--image-digest", default="", metavar="SHA256", help="Pin the transformer's image by this, not asking for it."
)
@click.option(
    "--measure", is_flag=True, help="TensorRT: send encoded rows of the validation split, to measure the plan on."
)
@click.option("--sign", type=FILE, metavar="KEY", help="Sign the package with this private key (PEM).")
@click.option(
    "--certificate", type=FILE, metavar="FILE", help="Sign as whom this certificate names; `--sign` has its key."
)
@click.option(
    "--chain", type=FILE, multiple=True, metavar="FILE", help="A certificate between that one and its root; repeat it."
)
@click.option("--password-env", default="", metavar="NAME", help="The variable that has the key's password.")
@format_option
def push(
    target: str,
    path: Path,
    package: Path | None,
    image_digest: str,
    measure: bool,
    sign: Path | None,
    certificate: Path | None,
    chain: tuple[Path, ...],
    password_env: str,
    form: Form,
) -> None:
    """Upload the package's files to the target's storage, and write deploy/targets/ENV/ with what pins them.

    A release lies under the sha256 of what is in it, so a second push uploads nothing, and one after a kill what is
    missing. Every file is checked where it lies. `--sign` signs every file with OpenSSF model-signing; the signature,
    model.sig, goes up with them and lies in deploy/targets/ENV/ too.

    \b
    Examples:
      trainerspec push --target dev
      trainerspec push --target prod news-desk --image-digest sha256:...
      trainerspec push --target prod --sign ~/keys/release.key
    """
    from tempfile import TemporaryDirectory

    from trainerspec.cli.needs import needs
    from trainerspec.cli.place import changing
    from trainerspec.cli.say import say
    from trainerspec.cli.show import show
    from trainerspec.running.serve import open_package
    from trainerspec.workspace.targets import read_target

    needs("boto3")
    from trainerspec.releasing.push import encode_rows, engine, push
    from trainerspec.releasing.registry import DIGEST
    from trainerspec.releasing.storage import Bucket

    if image_digest and not DIGEST.fullmatch(image_digest):
        raise click.BadParameter("it is `sha256:` and 64 hexadecimal digits", param_hint="--image-digest")
    signing = Signing(key=sign, certificate=certificate, chain=chain, password_env=password_env)
    with changing(path) as (_, project), TemporaryDirectory() as folder:
        wanted = read_target(project, target)
        opened = open_package(package.resolve() if package is not None else project / "package")
        sent = measure and engine(opened) == "tensorrt"
        rows = encode_rows(project, Path(folder) / "rows.npz") if sent else None
        signature, by = signing.signature(project, opened, wanted, Path(folder))
        done = push(project, opened, wanted, Bucket(storage=wanted.storage), _say, image_digest, rows, signature)
    show(done.warnings, (), form)
    already = f", {done.kept} lay there already" if done.kept else ""
    print(f"{opened.name} {opened.version}: {done.uploaded} files uploaded ({done.bytes / 1e6:.1f} MB){already}")
    print(f"  model    {done.release.model}")
    print(f"  image    {done.release.image}")
    print(f"  triton   {done.release.triton}")
    if by:
        say(f"  signed   by {by}")
    print(f"  overlay  {done.overlay.relative_to(project)}")
    _sizes(done.sizing, done.overlay.with_name("sizing.yaml").relative_to(project))
    print(f"\nnext: trainerspec deploy --verify --target {target}")


def _sizes(sizing: "Sizing | None", place: Path) -> None:
    """Print what was decided from the measurements: value, step and reason of each size."""
    from trainerspec.catalog.load import sizes
    from trainerspec.cli.show import rows

    if sizing is None:
        print("\nthe package has no measurements: pods, cores and memory are those of its base")
        return
    print(f"\n{place}, measured with {sizing.facts.get('measured.engine')} on {sizing.facts.get('measured.device')}:")
    decided = sizing.decisions.values()
    rows([(sizes()[one.slot].title, str(one.value), one.sop, one.because) for one in decided])
    advised, now = sizing.values["deploy.max_batch_size"], sizing.facts.get("serve.max_batch_size")
    if advised != now:
        print(f"  advice: write `serve: {{max_batch_size: {advised}}}` into trainer.yaml (it is {now}), then run again")


def _say(line: str) -> None:
    print(line, flush=True)
