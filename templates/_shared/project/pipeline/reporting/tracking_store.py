"""The one door to MLflow: its store is made whole or not at all, and no trouble with it stops the pipeline."""

import logging
import os
import sqlite3
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec

import mlflow
from alembic.util import CommandError
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
from sqlalchemy.exc import SQLAlchemyError

DATABASE = Path("mlflow.db")
MOST_TROUBLES = 3
"""After so many in one process MLflow is left alone: each may have waited for a server that is down."""
TROUBLE = (
    *(MlflowException, SQLAlchemyError, CommandError, sqlite3.Error),
    *(OSError, ValueError, RuntimeError),
)
"""What MLflow and what lies below it raise when a store, a server or a file of theirs is not as it should be."""
Arguments = ParamSpec("Arguments")
_troubles = 0


def careful(function: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """Turn a failing MLflow into a warning: tracking never stops the pipeline."""

    @wraps(function)
    def careful_function(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        global _troubles
        if _troubles >= MOST_TROUBLES:
            return
        try:
            function(*args, **kwargs)
            _troubles = 0
        except TROUBLE as error:
            _troubles += 1
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            tell(f"MLflow did not record this: {reason}")
            if _troubles == MOST_TROUBLES:
                tell("MLflow is not used from here on; the results are in metrics.json and gate.json")

    return careful_function


def tell(message: str) -> None:
    print(f"warning: {message}", file=sys.stderr, flush=True)


def client() -> MlflowClient:
    """Connect to the server at `MLFLOW_TRACKING_URI`, or to mlflow.db of this project. Raises one of `TROUBLE`."""
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "15")
    uri = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{whole(DATABASE).resolve()}"
    mlflow.set_tracking_uri(uri)
    return MlflowClient(tracking_uri=uri, registry_uri=os.environ.get("MLFLOW_REGISTRY_URI") or uri)


def whole(database: Path) -> Path:
    """Return the database, made if there is none; one that is none, or was half made, is moved aside and told."""
    why = broken(database) if database.exists() else ""
    if why:
        aside = next(path for number in range(1, 1000) if not (path := Path(f"{database}-broken-{number}")).exists())
        os.replace(database, aside)
        for rest in ("-journal", "-wal", "-shm"):
            Path(f"{database}{rest}").unlink(missing_ok=True)
        tell(f"{database} {why}: it was moved to {aside}, and a new one is made")
    if not database.exists():
        make(database)
    return database


def broken(database: Path) -> str:
    """Say why a file is not a database that MLflow made to its end; empty when it is one, of whatever version."""
    if database.is_dir():
        return "is a folder"
    try:
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as opened:
            versions = opened.execute("select version_num from alembic_version").fetchall()
            return "" if versions else "was half made"
    except sqlite3.OperationalError as error:
        return "was half made" if "no such table" in str(error) else ""  # busy, or not ours to read: not broken
    except sqlite3.DatabaseError:
        return "is not a database"


def make(database: Path) -> None:
    """Make MLflow's tables beside, and rename: a kill leaves none rather than half of one."""
    beside = Path(f"{database}-new-{os.getpid()}")
    beside.unlink(missing_ok=True)
    artifacts = Path("mlruns").resolve().as_uri()
    store = SqlAlchemyStore(f"sqlite:///{beside.resolve()}", artifacts)  # type: ignore[no-untyped-call]
    store.engine.dispose()
    for old in database.parent.glob(f"{database.name}-new-*"):
        if old != beside and not Path(f"/proc/{old.name.rpartition('-')[2]}").exists():
            old.unlink(missing_ok=True)
    if not database.exists():
        os.replace(beside, database)
    beside.unlink(missing_ok=True)
