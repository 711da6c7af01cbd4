"""A data set of the Hugging Face hub at one commit: its data files, with classes and pictures as files and names."""

import fnmatch
import json
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath

import pyarrow.parquet as parquet
from huggingface_hub import HfApi, hf_hub_download
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from ..reading.content import is_table
from ..reading.folders import PICTURES, TEXTS
from .features import plain
from .wanted import DISK, Before, Found, Say, Trouble, Wanted, fault, hidden, is_archive

SECONDS = 30.0
NETWORK: type[Exception] = HfHubHTTPError.__mro__[1]
"""What the HTTP library raises that the client is made with, whichever that is."""
CARD = "README.md"
ABOUT = frozenset({"dataset_infos.json", "dataset_info.json", "state.json", "dummy_data.zip"})
"""Files that speak of the data, in the form of tables."""
FEATURES = b"huggingface"


def collect(wanted: Wanted, into: Path, parts: Path, before: Before, say: Say) -> Found:
    """Download the data files of the pinned commit, or of the one that the revision means now.

    Raises Trouble TS411, TS433, TS434.
    """
    revision = before.pinned.get("revision") or wanted.options.get("revision", "main")
    try:
        about = HfApi(endpoint=_endpoint()).dataset_info(wanted.value, revision=revision, timeout=SECONDS)
        commit, names = str(about.sha), [one.rfilename for one in about.siblings or []]
        for name in names:
            if why := fault(name):
                raise Trouble("TS434", f"`{wanted.value}` names `{name[:200]}`: {why}", hint="take another data set")
        card = _fetch(wanted, CARD, commit, parts).read_text(encoding="utf-8") if CARD in names else ""
        chosen = data_files(names, card, wanted)
        for number, name in enumerate(chosen, 1):
            say(f"{name} ({number} of {len(chosen)})")
            place = into / name
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(_fetch(wanted, name, commit, parts), place)
    except (RepositoryNotFoundError, RevisionNotFoundError, EntryNotFoundError, GatedRepoError) as error:
        raise _absent(wanted, revision, error) from error
    except (NETWORK, LocalEntryNotFoundError, OfflineModeIsEnabled, OSError) as error:
        if getattr(error, "errno", None) in DISK:
            raise
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:300]
        hint = "check the network, HF_ENDPOINT and HF_HUB_OFFLINE, then try again"
        raise Trouble("TS433", f"the hub does not give `{wanted.value}`: {reason}", hint=hint) from error
    content = dict(_plain(into, say))
    return Found(pinned={"revision": commit}, content=content)


def _fetch(wanted: Wanted, name: str, commit: str, parts: Path) -> Path:
    place, end = parts / "hub", _endpoint()
    got = hf_hub_download(
        wanted.value, name, repo_type="dataset", revision=commit, local_dir=place, endpoint=end, etag_timeout=SECONDS
    )
    return Path(got)


def _endpoint() -> str | None:
    """Return the hub that the environment names now; None for the public one."""
    return os.environ.get("HF_ENDPOINT") or None


def _absent(wanted: Wanted, revision: str, error: Exception) -> Trouble:
    if isinstance(error, RevisionNotFoundError):
        return Trouble(
            "TS433", f"`{wanted.value}` has no revision `{revision}`", hint="correct `revision`, or leave it out"
        )
    hint = "correct the name; a private or gated data set needs its terms accepted, and HF_TOKEN in the environment"
    return Trouble("TS433", f"the hub has no data set `{wanted.value}`, or no access to it", hint=hint)


def data_files(names: Sequence[str], card: str, wanted: Wanted) -> list[str]:
    """Choose the files of the data, of one subset where the card or folders name several.

    Raises Trouble TS411: there are several and none is named, there is none of that name, or a program makes the data.
    """
    usable = [name for name in names if _usable(name)]
    subset = wanted.options.get("subset", "")
    patterns = subsets(card)
    if patterns and subset not in patterns:
        default = "default" if "default" in patterns else next(iter(patterns)) if len(patterns) == 1 else ""
        if subset or not default:
            known = ", ".join(f"`{one}`" for one in list(patterns)[:8])
            told = f"`{wanted.value}` has no subset `{subset}`" if subset else f"`{wanted.value}` has several subsets"
            raise Trouble("TS411", told, hint=f"write one of them under `data.source.subset`: {known}")
        subset = default
    if subset in patterns:
        chosen = [name for name in usable if any(_matches(name, one) for one in patterns[subset])]
    else:
        chosen = [name for name in usable if not subset or subset in PurePosixPath(name).parts[:-1]]
    if chosen:
        return sorted(chosen)
    program = next((name for name in names if name.endswith(".py")), "")
    hint = "take its converted form: `revision: refs/convert/parquet`" if program else "take another data set"
    told = f"the program `{program}` makes its data, and is not run" if program else "no file is read here"
    raise Trouble("TS411", f"`{wanted.value}`{f' ({subset})' if subset else ''}: {told}", hint=hint)


def _usable(name: str) -> bool:
    if hidden(name) or PurePosixPath(name).name in ABOUT:
        return False
    suffix = PurePosixPath(name).suffix.lower()
    return is_table(name) or is_archive(name) or suffix in PICTURES or (suffix in TEXTS and "/" in name)


def _matches(name: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(name, pattern.replace("**", "*"))


def subsets(card: str) -> dict[str, list[str]]:
    """Return the patterns of the files of each subset, as the head of a data set's card lists them.

    >>> subsets("---\\nconfigs:\\n- config_name: en\\n  data_files:\\n  - {split: train, path: en/*.csv}\\n---\\n# A")
    {'en': ['en/*.csv']}
    """
    if not card.startswith("---"):
        return {}
    try:
        head = YAML(typ="safe").load(card.split("---", 2)[1])
    except YAMLError:
        return {}
    listed = head.get("configs") if isinstance(head, Mapping) else None
    found = {}
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, Mapping) and one.get("data_files"):
            found[str(one.get("config_name", "default"))] = list(_paths(one["data_files"]))
    return found


def _paths(given: object) -> Iterable[str]:
    """List the patterns in one of the forms that a card may have: a text, a list, splits with paths."""
    if isinstance(given, str):
        yield given
    elif isinstance(given, Mapping):
        for value in [given["path"]] if "path" in given else given.values():
            yield from _paths(value)
    elif isinstance(given, list):
        for value in given:
            yield from _paths(value)


def _plain(folder: Path, say: Say) -> Iterable[tuple[str, str]]:
    """Write class names where Parquet files hold their numbers, and pictures as files; yields each file's digest."""
    for path in sorted(folder.rglob("*.parquet")):
        features = _features(path)
        if features and (found := plain(path, folder, features)):
            say(f"{path.name}: classes by name, pictures as files")
            yield path.relative_to(folder).as_posix(), found


def _features(path: Path) -> Mapping[str, Mapping[str, object]]:
    """Return what `datasets` wrote of the columns of a Parquet file; nothing where another program wrote it."""
    told = (parquet.read_schema(path).metadata or {}).get(FEATURES)
    try:
        found = json.loads(told)["info"]["features"] if told else {}
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    return (
        {str(name): one for name, one in found.items() if isinstance(one, Mapping)} if isinstance(found, dict) else {}
    )
