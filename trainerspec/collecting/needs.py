"""What a source needs that may be missing here: packages and variables of the environment. No network is asked."""

import os
from importlib.util import find_spec
from urllib.parse import urlsplit

from .wanted import Trouble, Wanted

SQLITE = frozenset({"sqlite", "sqlite3"})
POSTGRES = frozenset({"postgresql", "postgres"})
MYSQL = frozenset({"mysql", "mariadb"})
OTHERS = frozenset(
    {"mssql", "sqlserver", "oracle", "snowflake", "bigquery", "redshift", "duckdb", "clickhouse", "trino", "databricks"}
)
"""Databases that are named as such; of another variable nothing is told, for it may hold a secret."""
EXTRAS = {
    "adbc_driver_postgresql": "sql",
    "connectorx": "sql",
    "pyarrow": "cloud",
    "huggingface_hub": "hub",
}
"""The extra of trainerspec that installs a package."""


def missing(wanted: Wanted) -> list[Trouble]:
    """List what is missing: TS431 a package, TS432 a variable, TS411 a database that is not read."""
    if wanted.way == "sql":
        return _database(wanted)
    modules = {"bucket": ("pyarrow",), "hub": ("huggingface_hub",)}.get(wanted.way, ())
    return _packages(wanted.shown, modules)


def packages(wanted: Wanted) -> list[Trouble]:
    """List the packages that are missing, also while the variable that names the database is not set."""
    if wanted.way == "sql" and not os.environ.get(wanted.options.get("connection", "")):
        absent = [one for one in ("adbc_driver_postgresql", "connectorx") if find_spec(one) is None]
        return _packages("a PostgreSQL or MySQL database", absent)
    return [one for one in missing(wanted) if one.code == "TS431"]


def scheme(address: str) -> str:
    """Return the kind of database of an address.

    >>> scheme("postgresql+psycopg2://host/db"), scheme("sqlite:///a.db"), scheme("a.db")
    ('postgresql', 'sqlite', '')
    """
    return urlsplit(address).scheme.lower().partition("+")[0]


def driver(address: str) -> str:
    """Name the module that reads from the kind of database of an address; empty when none does."""
    kind = scheme(address)
    known = {"sqlite": SQLITE, "postgres": POSTGRES, "mysql": MYSQL}
    return next((name for name, kinds in known.items() if kind in kinds), "")


def _database(wanted: Wanted) -> list[Trouble]:
    name = wanted.options.get("connection", "")
    address = os.environ.get(name, "").strip()
    if not address:
        hint = f"export {name}=postgresql://user:password@host/database (or sqlite:///file.db, mysql://...)"
        return [Trouble("TS432", f"the environment variable `{name}` is not set", hint=hint)]
    found, kind = driver(address), scheme(address)
    if found == "sqlite":
        return []
    if found == "postgres":
        return _packages("a PostgreSQL database", ("adbc_driver_postgresql", "pyarrow"))
    if found == "mysql":
        return _packages("a MySQL database", ("connectorx", "pyarrow"))
    known = "`postgresql://`, `mysql://` and `sqlite:///file.db` are"
    told = f"`{kind}://` databases are not read" if kind in OTHERS else f"`{name}` holds no address of a database"
    return [Trouble("TS411", told, hint=known)]


def _packages(what: str, modules: tuple[str, ...] | list[str]) -> list[Trouble]:
    absent = [one for one in modules if find_spec(one) is None]
    if not absent:
        return []
    named = ", ".join(f"`{one.replace('_', '-')}`" for one in absent)
    extra = EXTRAS[absent[0]]
    message = f"{what} needs {named}, not installed"
    return [Trouble("TS431", message, hint=f"pip install 'trainerspec[{extra}]', or the package alone")]
