"""Serve a package over HTTP and gRPC: `python -m pipeline.serve --package package --port 8080 --grpc-port 8081`.

The Open Inference Protocol at /v2, a page to try the model at /, metrics at /metrics. SIGHUP, or a POST to
/v2/repository/models/<name>/load, opens a new package that was put in the old one's place. With `--predictor_host` the
graph runs in Triton there, and this process encodes and decodes only.
"""

import argparse
import os
import signal
import sys
import threading
from pathlib import Path
from typing import NoReturn

from pipeline.base.failure import Failure


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
    add("--max-bytes", type=int, default=16 * 2**20, help="largest request")
    add("--max-pixels", type=int, default=64_000_000, help="largest picture, unpacked")
    add("--max-waiting", type=int, default=256, help="most requests that wait; more are refused with 503")
    add("--token-env", default="", metavar="NAME", help="environment variable that holds the bearer token to ask for")
    add("--body-seconds", type=float, default=30.0, help="seconds that a request's body may take to arrive")
    add("--linger", type=float, default=1.0, help="seconds after SIGTERM in which open connections are still served")
    add("--quiet", action="store_true", help="no access log")
    add("--no-replay", action="store_true", help="do not replay golden.jsonl before the server is ready")
    add("--model_name", help="for KServe: must be the package's name")
    add("--predictor_host", default=None, help="host:port of a Triton that runs the graph")
    add("--predictor_protocol", default="grpc-v2", choices=["v2", "grpc-v2"])
    add("--enable_predictor_health_check", action="store_true", help="be ready only while that Triton is")
    return parser.parse_args()


def told(failure: Failure) -> NoReturn:
    """End with the reason."""
    sys.exit(f"{failure.code} {failure.message}\n  hint: {failure.hint}")


def secret(name: str) -> str | None:
    """Read the token. Raises Failure TS864 when the variable is not set, or empty."""
    if not name:
        return None
    if not os.environ.get(name):
        raise Failure("TS864", f"the environment has no `{name}`", hint="set it, or leave out --token-env")
    return os.environ[name]


def main() -> None:
    options = arguments()
    from pipeline.server.guard import Doors, log, quieten

    quieten(options.quiet)
    try:
        token = secret(options.token_env)
    except Failure as failure:
        told(failure)
    sys.argv = sys.argv[:1]  # kserve reads the command line when it is imported
    from kserve.predictor_config import PredictorConfig

    from pipeline.server.bundle import Bundle, open_bundle, replay
    from pipeline.server.model_server import Server
    from pipeline.server.predictor import Predictor
    from pipeline.server.routes import Page

    folder: Path = options.package or options.folder

    def opened() -> Bundle:
        bundle = open_bundle(folder, remote=options.predictor_host is not None)
        threads = options.threads or bundle.settings.integer("compute.threads")
        if threads != 1 and bundle.session is not None:
            bundle = open_bundle(folder, threads=threads)
        if bundle.session is not None and not options.no_replay:
            replay(bundle.folder, bundle.contract, bundle.answer)
        return bundle

    try:
        model = Predictor(opened, waiting=options.max_waiting, most_pixels=options.max_pixels, quiet=options.quiet)
        if options.model_name not in (None, model.name):
            message = f"--model_name is `{options.model_name}`, but the package holds `{model.name}`"
            raise Failure("TS863", message, hint="give the InferenceService the package's name")
    except Failure as failure:
        told(failure)
    doors = Doors(
        host=options.host,
        port=options.port,
        grpc_port=options.grpc_port,
        most_bytes=options.max_bytes,
        token=token,
        quiet=options.quiet,
        patience=options.body_seconds,
        linger=options.linger,
    )
    elsewhere = PredictorConfig(
        options.predictor_host,
        options.predictor_protocol,
        predictor_request_timeout_seconds=60,
        predictor_health_check=options.enable_predictor_health_check,
    )
    server = Server(doors, Page(model, token=token is not None), elsewhere)
    signal.signal(signal.SIGHUP, lambda *_: threading.Thread(target=model.reload, daemon=True).start())
    log(doors.quiet, event="serving", model=model.name, http=doors.port, grpc=doors.grpc_port)
    server.start([model])


if __name__ == "__main__":
    main()
