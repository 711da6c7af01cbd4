"""Serve a package over HTTP and gRPC: `python -m pipeline.serve --package package --port 8080 --grpc-port 8081`.

The Open Inference Protocol at /v2, a page to try the model at /, metrics at /metrics. SIGHUP, or a POST to
/v2/repository/models/<name>/load, opens a new package that was put in the old one's place. With `--predictor_host` the
graph runs in Triton there, and this process encodes and decodes only.
"""

import argparse
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from pipeline.base.failure import Failure
from pipeline.protocol.token import token
from pipeline.server.limits import Limits, files, return_memory


def arguments() -> argparse.Namespace:
    """Read the command line; kserve's own spellings work too, for its controller passes them."""
    parser = argparse.ArgumentParser(
        prog="python -m pipeline.serve", description="Serve a package.", allow_abbrev=False
    )
    add = parser.add_argument
    add("package", nargs="?", type=Path, default=None, help="the folder that the package stage made")
    add("--package", dest="folder", type=Path, default=Path("package"), help="the same")
    add("--host", default="127.0.0.1", help="address to listen on; 0.0.0.0 for all")
    add("--port", "--http_port", type=int, default=8080)
    add("--grpc-port", "--grpc_port", type=int, default=8081)
    add("--threads", type=int, default=None, help="threads of one run of the graph; default: compute.threads")
    add("--token-env", default="", metavar="NAME", help="environment variable that holds the bearer token to ask for")
    add(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="another host name that clients on this machine may use",
    )
    add(
        "--allow-origin",
        action="append",
        default=[],
        metavar="URL",
        help="an origin whose pages may send requests without a token",
    )
    add("--linger", type=float, default=1.0, help="seconds after SIGTERM in which open connections are still served")
    add("--quiet", action="store_true", help="no access log")
    add("--no-replay", action="store_true", help="do not replay golden.jsonl before the server is ready")
    add("--model_name", help="for KServe: must be the package's name")
    add("--predictor_host", default=None, help="host:port of a Triton that runs the graph")
    add("--predictor_protocol", default="grpc-v2", choices=["v2", "grpc-v2"])
    add("--enable_predictor_health_check", action="store_true", help="be ready only while that Triton is")
    bounds = parser.add_argument_group("what senders may cost").add_argument
    for option, field, text in BOUNDS:
        default = getattr(Limits, field)
        shown = f"{text}; default: {default or 'from --memory'}"
        bounds(option, dest=field, type=positive(type(default)), default=default, help=shown)
    return parser.parse_args()


BOUNDS = (
    ("--memory", "memory", "MiB that the process may use"),
    ("--max-bytes", "body_bytes", "bytes of the largest request, unpacked too"),
    ("--max-text-bytes", "text_bytes", "bytes of a text, for a model that takes no files"),
    ("--max-inflate", "inflate_ratio", "how many times larger than it came a compressed request may be"),
    ("--max-bytes-in-flight", "most_in_flight", "bytes of large requests in memory at a time"),
    ("--max-pixels", "most_pixels", "pixels of a request's pictures, and of all that are decoded at a time"),
    ("--max-header-bytes", "head_bytes", "bytes of a request's headers"),
    ("--max-connections", "connections", "open connections of each port"),
    ("--max-waiting", "waiting", "requests that wait; more are refused with 503"),
    ("--header-seconds", "head_seconds", "seconds that a request's headers may take to arrive"),
    ("--body-seconds", "body_seconds", "seconds that its body may take after them"),
    ("--send-seconds", "send_seconds", "seconds that an answer may lie untaken"),
    ("--idle-seconds", "idle_seconds", "seconds between requests before a connection is closed"),
)
"""Options, and the field of Limits that each is."""


def positive(kind: type[int] | type[float]) -> Callable[[str], float]:
    """Return a reader of numbers above zero, for argparse."""

    def number(text: str) -> float:
        value = kind(text)
        if not 0 < value < 2**31:
            raise argparse.ArgumentTypeError(f"{text} is not a number above 0")
        return value

    return number


def told(failure: Failure) -> NoReturn:
    """End with the reason."""
    sys.exit(f"{failure.code} {failure.message}\n  hint: {failure.hint}")


def main() -> None:
    options = arguments()
    return_memory()
    from pipeline.server.guard import LOCAL, Doors, log, quieten

    quieten(options.quiet)
    try:
        secret = token(options.token_env)
    except Failure as failure:
        told(failure)
    sys.argv = sys.argv[:1]  # kserve reads the command line when it is imported
    from kserve.predictor_config import PredictorConfig

    from pipeline.server.bundle import Bundle, open_bundle
    from pipeline.server.golden import replay
    from pipeline.server.model_server import Server
    from pipeline.server.page import Page
    from pipeline.server.predictor import Predictor

    folder: Path = (options.package or options.folder).absolute()  # it may be replaced, with the working directory
    limits = Limits(**{field: getattr(options, field) for _, field, _ in BOUNDS})
    limits = replace(limits, connections=files(limits.connections))

    def opened() -> Bundle:
        bundle = open_bundle(folder, remote=options.predictor_host is not None)
        threads = options.threads or bundle.settings.integer("compute.threads")
        if threads != 1 and bundle.session is not None:
            bundle = open_bundle(folder, threads=threads)
        if bundle.session is not None and not options.no_replay:
            replay(bundle.folder, bundle.contract, bundle.answer)
        return bundle

    try:
        model = Predictor(opened, waiting=limits.waiting, most_pixels=limits.pixels, quiet=options.quiet)
        if options.model_name not in (None, model.name):
            message = f"--model_name is `{options.model_name}`, but the package holds `{model.name}`"
            raise Failure("TS863", message, hint="give the InferenceService the package's name")
    except Failure as failure:
        told(failure)
    doors = Doors(
        host=options.host,
        port=options.port,
        grpc_port=options.grpc_port,
        token=secret,
        quiet=options.quiet,
        limits=limits,
        hosts=frozenset(name.lower() for name in options.allow_host),
        origins=frozenset(options.allow_origin),
        linger=options.linger,
    )
    elsewhere = PredictorConfig(
        options.predictor_host,
        options.predictor_protocol,
        predictor_request_timeout_seconds=60,
        predictor_health_check=options.enable_predictor_health_check,
    )
    server = Server(doors, Page(model, token=secret is not None), elsewhere)
    signal.signal(signal.SIGHUP, lambda *_: threading.Thread(target=model.reload, daemon=True).start())
    if secret is None and doors.host not in LOCAL:
        hint = "who reaches this port may ask and load: give --token-env NAME, or let only a gateway reach it"
        log(False, event="open", host=doors.host, warning=hint)
    log(doors.quiet, event="serving", model=model.name, http=doors.port, grpc=doors.grpc_port)
    server.start([model])


if __name__ == "__main__":
    main()
