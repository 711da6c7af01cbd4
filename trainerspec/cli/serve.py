"""trainerspec serve: the packaged model on the Open Inference Protocol, with a page to try it."""

from pathlib import Path
from typing import Annotated

import typer

from trainerspec.cli.build import FormatOption, PathArgument
from trainerspec.cli.check import Form

KINDS = {
    "pending": " (a candidate: not all objectives are judged yet)",
    "fail": ", though it is not a release: the gate failed",
}
"""What is said of a package, by its verdict."""


def serve(
    path: PathArgument = Path(),
    package: Annotated[
        Path | None, typer.Option("--package", metavar="DIR", help="A package; default: package/ of the project.")
    ] = None,
    host: Annotated[str, typer.Option("--host", help="Address to listen on; 0.0.0.0 for all.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port of HTTP.")] = 8080,
    grpc_port: Annotated[int, typer.Option("--grpc-port", min=1, max=65535, help="Port of gRPC.")] = 8081,
    token_env: Annotated[
        str, typer.Option("--token-env", metavar="NAME", help="Ask for the bearer token in this environment variable.")
    ] = "",
    unreleased: Annotated[
        bool, typer.Option("--unreleased", help="Serve the model though the gate failed; it is not a release.")
    ] = False,
    access_log: Annotated[
        bool, typer.Option("--log", help="Show a line of JSON for each request: who, what, how long; no payloads.")
    ] = False,
    form: FormatOption = Form.text,
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
    raise typer.Exit(1 if status else 0)
