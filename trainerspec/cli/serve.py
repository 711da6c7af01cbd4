"""trainerspec serve: the packaged model on the Open Inference Protocol, with a page to try it."""

from pathlib import Path

import click
from click.exceptions import Exit

from trainerspec.cli.build import format_option, path_argument
from trainerspec.cli.check import Form

KINDS = {
    "pending": " (a candidate: not all objectives are judged yet)",
    "fail": ", though it is not a release: the gate failed",
}
"""What is said of a package, by its verdict."""


@path_argument
@click.option(
    "--package", type=click.Path(path_type=Path), metavar="DIR", help="A package; default: package/ of the project."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option("--port", type=click.IntRange(min=1, max=65535), default=8080, show_default=True, help="Port of HTTP.")
@click.option(
    "--grpc-port", type=click.IntRange(min=1, max=65535), default=8081, show_default=True, help="Port of gRPC."
)
@click.option("--token-env", default="", metavar="NAME", help="Ask for the bearer token in this environment variable.")
@click.option("--unreleased", is_flag=True, help="Serve the model though the gate failed; it is not a release.")
@click.option(
    "--log", "access_log", is_flag=True, help="Show a line of JSON for each request: who, what, how long; no payloads."
)
@format_option
def serve(
    path: Path,
    package: Path | None,
    host: str,
    port: int,
    grpc_port: int,
    token_env: str,
    unreleased: bool,
    access_log: bool,
    form: Form,
) -> None:
    """Serve the package over HTTP and gRPC until Ctrl-C or SIGTERM; requests on their way are finished.

    \b
    Examples:
      trainerspec serve
      trainerspec serve news-desk --port 9000 --grpc-port 9001
      trainerspec serve --package releases/0.2.0
      trainerspec serve --unreleased      # look at a model that missed an objective
    """
    from trainerspec.cli.place import locate
    from trainerspec.running.serve import Address, Interruption, example, open_package, served
    from trainerspec.running.unreleased import package_of

    folder = package.resolve() if package is not None else package_of(locate(path)[1], unreleased=unreleased)
    opened = open_package(folder)
    address = Address(host=host, port=port, grpc_port=grpc_port, token_env=token_env, log=access_log)
    interruption = Interruption()
    interruption.watch()
    try:
        with served(opened, address, interruption) as process:
            kind = KINDS.get(opened.verdict, "")
            print(f"{opened.name} {opened.version} is served{kind}\n")
            print(f"  try it   {address.url}/")
            print(f"  HTTP     {address.url}/v2/models/{opened.name}")
            print(f"  gRPC     {host}:{grpc_port}")
            print(f"  clients  {opened.folder / 'docs' / 'API.md'}")
            print(f"  reload   curl -X POST {address.url}/v2/repository/models/{opened.name}/load\n")
            call = example(opened, address)
            print(f"{call}\n\nstop with Ctrl-C" if call else "stop with Ctrl-C", flush=True)
            status = interruption.follow(process)
    except KeyboardInterrupt:
        print("stopped", flush=True)
        return
    raise Exit(1 if status else 0)
