# ruff: noqa: E501 - a phrase a line
"""Where the data is: paths, URIs, hub ids, SQL, and the names of data sets that still have to be located."""

import bisect
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from trainerspec.drafting.reading.spans import Span, ends_in
from trainerspec.drafting.reading.text import Text

Kind = Literal["path", "uri", "hub", "query", "name", "model"]
ENDINGS = (
    "csv|tsv|jsonl|ndjson|json|geojson|parquet|xlsx?|ods|sas7bdat|feather|arrow|orc|txt|xml|ya?ml|iob2?|"
    "conllu?|bioe?s?|db|sqlite3?|duckdb|zip|tar(?:\\.gz)?|tgz|gz|npz|npy"
    "|mbox|eml|data|bz2|xz|zst"
    "|h5|hdf5|pkl|lmdb|tfrecords?|png|jpe?g|webp|tiff?|bmp|gif|dcm|wav|mp3|flac|mp4|avi|mov|arff|dta|sav|graphml|svs"
)
NAME = r"[^\s,;:!?()\[\]{}<>|\"'`*$=¤，。；：！？、（）「」“”‘’《》→]"
URI = re.compile(
    r"(?<![\w])(?:(?:s3|gs|gcs|az|abfss?|https?|hdfs|ftp|dbfs|wasbs?|r2|oci|minio|"
    r"azureml|mlflow|dvc|file|ssh|sftp)://|postgres(?:ql)?://|mysql://|sqlite://)"
    r"[^\s,;\"'`)>\]，。；]+"
)
SQL = re.compile(
    r"\bselect\b.{1,400}?\bfrom\b\s+[\w.\"`]+(?:\s+(?:where|join|left|inner|group|"
    r"order|limit|on|and|or)\b(?:[^.;,\n\"]|\.(?=\w)|,(?=\S))*)?",
    re.IGNORECASE | re.DOTALL,
)
TABLE = re.compile(
    r"(?:(?:sql|database|db|warehouse|postgres(?:ql)?|mysql|snowflake|bigquery|duckdb|"
    r"redshift|oracle|clickhouse)\s+(?:table|view)|(?:table|view|tabelle|tabla|表)"
    r")\s+[`\"']?(?P<table>(?![\w.]*\.(?:csv|tsv|jsonl?|parquet|xlsx?|feather|db)\b)(?:[A-Za-z_]\w*(?:\.\w+)+|[a-z]+_\w+))[`\"']?"
    r"|[`\"']?(?P<table2>[A-Za-z_]\w*(?:\.\w+)*)[`\"']?\s+(?:table|view)\s+(?:in|"
    r"on|of|from)\s+(?:our\s+|the\s+)?(?:sql|postgres\w*|mysql|snowflake|bigquery|"
    r"duckdb|redshift|warehouse|database|db|clickhouse|oracle)",
)
HUB = re.compile(
    r"(?:\b(?:hub|hf|hugging ?face):\s?(?!//)|hf://(?:datasets/)?|(?:https?://)?(?:huggingface|hf)\.co/datasets/)(?P<id>[\w.-]+(?:/[\w.-]+)?)"
    r"|(?:hub|hugging\s?face|\bhf\b)(?:['’]s)?\s+(?:hub\s+)?(?:data\s?set|dataset|"
    r"corpus|data|set|repo)?\s*(?:called|named|id|:|,(?=\s*[\w.-]+/))?\s*[`\"'“]?(?P<id2>[\w.-]+/[\w.-]"
    r"+|[a-z][\w.-]*[_\-\d][\w.-]*)[`\"'”]?"
    r"|[`\"'“]?(?P<id3>[\w.-]+/[\w.-]+|[a-z]\w*[_\-\d]\w*)[`\"'”]?\s*(?:(?:data\s?)?set\s*)"
    r"?\(?(?:is |lives )?(?:on|from|at|vom|auf|del?|du|sur|aus)\s+(?:the\s+|dem\s+|"
    r"el\s+|le\s+)?(?:hub\b|hugging\s?face|hf\b)",
    re.IGNORECASE,
)
HUB_BEFORE = re.compile(
    r"(?:data\s?set|datensatz|dataset|corpus|hub)\s+(?P<id>[A-Za-z][\w-]*/[A-Za-z]"
    r"[\w.-]*[\w])(?![/\w])"
)
FILE = re.compile(
    rf"(?<![\w/.@])(?:~|\.{{1,2}}|[A-Za-z]:)?(?:{NAME}|(?<=/)\*)*?{NAME}\.(?:{ENDINGS})(?:\.(?:gz|bz2|xz|zst|zip))?(?![\w/])",
    re.IGNORECASE,
)
SLASHED = re.compile(r"(?<![\w/@.:<])(?:~/|\.{1,2}/|/)?(?:[\w.@%+~-]+/)+(?:[\w.@%+~-]*[\w@%+~-])?", re.IGNORECASE)
WINDOWS = re.compile(r"(?:[A-Za-z]:\\|\\\\(?=\w))[^\s,;\"'`]+")
FOLDER_WORD = (
    r"(?i:folder|directory|dir|ordner|verzeichnis|carpeta|directorio|dossier|répertoire|cartella|diretório|directory|\bin de map|\bde map|\bmap:|na pasta|da pasta|pasta:|"
    r"文件夹|目录|フォルダー?|ディレクトリ|फ़ोल्डर|फोल्डर)"
)
NOT_FOLDER = (
    r"(?!(?i:per|of|for|with|has|is|are|holds?|contains?|in|on|and|or|names?|structure|layout|tree|hierarchy|called|named|each|one|full|that|which|where|labels?|classes|por|con|de|del|"
    r"que|es|contiene|je|pro|mit|von|der|die|das|liegen|liegt|enthält|par|avec|du|des|qui|contient|di|che|met|van|bevat|voor|y|et|e|und|en|species|structured|sorted|below|above|here|path)\b)"
)
FOLDER = re.compile(
    rf"{FOLDER_WORD}\s*(?<![a-z])(?:(?<=\s)|(?<=:)|(?<=[\u3040-\u9fff]))(?i:called|named|is|=|of (?:\w+\s)?(?:photos|pictures|images|scans|texts)\s*=|namens|"
    r"heißt|llamada|se llama|nommé|s['’]appelle|si chiama|se chama|heet|叫)?\s*[`\"'“]"
    r"?(?P<a>[A-Za-z][\w.-]*[_\-\d][\w.-]*|(?<=[`\"'“])[\w.-]+)[`\"'”]?"
    rf"|{FOLDER_WORD}\s+(?i:called\s+|named\s+|namens\s+|llamada\s+|nommé\s+|chiamata\s+|genannt\s+|met de naam\s+)?{NOT_FOLDER}(?P<d>[a-zà-ÿ]{{3,}})(?=\s*[.,;:)!(]|\s*$|\s+(?:liegen|liegt|in\b|as\b|with\b|están|se trouve|sono|staan|stehen|hat|has\b|holds\b))"
    rf"|[`\"'“](?P<b>[\w.-]+)[`\"'”]\s*{FOLDER_WORD}"
    rf"|(?<![\w./-])(?P<c>[A-Za-z]\w*[_\d]\w*)\s+{FOLDER_WORD}(?![a-z])"
    r"|(?<![A-Za-z0-9_./-])(?P<e>[A-Za-z][A-Za-z0-9_-]{2,})\s*(?:文件夹|目录|フォルダー?|ディレクトリ|फ़ोल्डर|फोल्डर)"
)
NAMED = re.compile(
    r"(?:(?:the|a|an|our|this|from|on|using|use|utilize|leverage|employ|with|for|"
    r"of|and|like)\s+)?[`'\"“‘](?P<a>[^`'\"“”‘’]{2,60})[`'\"”’]\s+(?:data\s?sets?|"
    r"corpus|database|graph|network|collection|benchmark)"
    r"|(?:data\s?sets?|corpus|database)\s+(?:called|named|is|of choice is(?: the)"
    r"?|:|presented here \(the)?\s*[`'\"“‘](?P<b>[^`'\"“”‘’]{2,60})[`'\"”’]"
    r"|(?:the|a|an|on|using|from|utilize|use|leverage|targeting|employ|with|our|like)"
    r"\s+(?P<c>(?:[A-Z0-9][\w.&+-]*)(?:[ -](?:[A-Z0-9][\w.&+-]*|of|and|the|for|on)"
    r")*)\s+(?:data\s?sets?|corpus|database|benchmark|Dataset|Corpus|challenge)"
    r"|\(the (?P<d>[A-Z][\w &-]+?) [Dd]ata\s?set\)"
    r"|(?<![\w'])(?P<e>[A-Z][\w.+-]*(?: [A-Z0-9][\w.+-]*)*)\s+(?:data\s?set|Dataset)"
)
MODEL = re.compile(
    r"^[\w.-]+/[\w.-]*(?:diffusion|bert|vit|resnet|clip|t5|gpt|llama|minilm|whisper|flux|sdxl|efficientnet|deit|swin|convnext|e5|bge)[\w.-]*$",
    re.IGNORECASE,
)
"""`org/name` on the hub, of a model."""
NOT_PATH = re.compile(
    r"^(?:and/or|yes/no|true/false|0/1|ja/nein|n/a|w/o?|q/a|24/7|s[ií]/no|oui/non|"
    r"on/off|[a-zµ]{1,3}[23]?/(?:s|h|d|l|min|kg|ml|m[23]?)|he/she|his/her|a/b|i/o|km/h|either/or|[\d.,]+%?(?:/[\d.,]+%?)+|[a-z]+(?:/[a-z]+)?/(?:val|valid|validation|dev|test)|good/bad|pass/fail|"
    r"y/n|s/n|j/n|o/n|[a-z]{1,2}\d(?:/[a-z]{1,2}\d)+|ja/nee|sim/não|ham/spam|spam/ham|pos/neg|tcp/ip)$",
    re.IGNORECASE,
)
QUOTES = ("'", '"', "`")
PLAIN = re.compile(r"^[^\W\d_]+(?:/[^\W\d_]+)+$")
"""Words of letters alone, with slashes between them."""
IN = re.compile(
    r"(?:\b(?:in|under|inside|from|folders?|directory|path|aus|unter|im|ordner|en|dans|carpeta|dossier)|[在从])\s*[:,`\"'“]*\s*$",
    re.IGNORECASE,
)
BEHIND = re.compile(r"\s*(?:में|mein|me|folder|directory|फ़ोल्डर|फोल्डर|里|下|中|目录)(?![a-z])", re.IGNORECASE)
"""What stands behind a path, in the languages that say so."""
TABLE_FILE = re.compile(r"\.(?:csv|tsv|jsonl?|ndjson|parquet|xlsx?|feather|arrow|db|sqlite3?)$", re.IGNORECASE)
AROUND = re.compile(r"(?:inside|under|below|within|unter|bajo|sous)\s*$")
"""What stands before the folder that holds the folders named before."""
NO_CLASS = re.compile(
    "train|training|test|testing|val|valid|validation|dev|eval|holdout|images?|imgs?|photos|pictures|masks|labels|"
    "annotations|raw|data|meta|metadata|texts|docs|source|target|input|output|scans|frames|clips|bilder|fotos",
    re.IGNORECASE,
)
"""Names of folders that hold a part or a kind of the data, not a class."""
POLITE = re.compile(
    r"\s+(?:please|pls|thanks?(?: you)?|bitte|danke|por favor|gracias|merci|s'il vous plaît)\W*$", re.IGNORECASE
)
"""What ends a sentence, not a query."""
DANGER = re.compile(r"[$`;|&<>]|\.\./\.\.")


@dataclass(frozen=True, kw_only=True)
class Place:
    kind: Kind
    value: str
    """As the request writes it."""
    span: Span
    """Where it stands in the folded text."""


def places(text: Text, raw_at: "Offsets") -> tuple[Place, ...]:
    """Find every place of data; earlier kinds win where two overlap."""
    found: list[Place] = []
    raw = text.raw

    def add(kind: Kind, start: int, end: int) -> None:
        value = raw[start:end].strip()
        value = value.rstrip(".:") if kind != "query" else POLITE.sub("", value)
        span = (raw_at.folded(start), raw_at.folded(start + len(value)))
        if (
            value
            and not DANGER.search(value if kind in ("path", "hub") else "")
            and all(span[1] <= a.span[0] or a.span[1] <= span[0] for a in found)
        ):
            found.append(Place(kind=kind, value=value, span=span))

    for match in SQL.finditer(raw):
        start, end = match.span()
        mark = raw[start - 1 : start]
        end -= raw[:end].endswith(".")
        add("query", start, raw.index(mark, start) if mark in QUOTES and mark in raw[start:end] else end)
    for pattern in (HUB, HUB_BEFORE):
        for match in pattern.finditer(raw):
            name = str(match.lastgroup)
            if not re.search(rf"\.(?:{ENDINGS})$", match[name], re.IGNORECASE) and not MODEL.search(match[name]):
                add("hub", *match.span(name))
    for match in URI.finditer(raw):
        add("uri", *match.span())
    for match in TABLE.finditer(raw):
        add("query", *match.span(str(match.lastgroup)))
    for pattern in (WINDOWS, FILE):
        for match in pattern.finditer(raw):
            add("path", *match.span())
    slashed = list(SLASHED.finditer(raw))
    for match in slashed:
        if MODEL.search(match.group()):
            add("model", *match.span())
        elif _is_path(
            match.group(),
            raw,
            match.start(),
            located=any(TABLE_FILE.search(one.value) or one.kind in ("uri", "query") for one in found),
        ) or _has_sibling(match, slashed):
            add("path", *match.span())
    for match in FOLDER.finditer(raw):
        add("path", *match.span(str(match.lastgroup)))
    for match in NAMED.finditer(raw):
        add("name", *match.span(str(match.lastgroup)))
    order = {"query": 0}  # a query says more than the address of its database
    return tuple(sorted(found, key=lambda place: (order.get(place.kind, 1), place.span)))


def class_folders(found: Iterable[Place], folded: str) -> tuple[str, tuple[Place, ...]] | None:
    """Find folders side by side, one a class, and the folder that holds them (empty where none is written)."""
    families: dict[str, list[Place]] = {}
    for place in found:
        parent, _, own = place.value.rstrip("/").rpartition("/")
        holds = ends_in(AROUND, folded, place.span[0])
        if place.kind in ("path", "uri") and own and "." not in own and not NO_CLASS.fullmatch(own) and not holds:
            families.setdefault(parent, []).append(place)
    wide = [(parent, members) for parent, members in families.items() if len({one.value for one in members}) > 1]
    if len(wide) != 1:
        return None
    parent, members = wide[0]
    return (parent, tuple(members)) if parent or all(one.value.endswith("/") for one in members) else None


class Offsets:
    """Finds, for a character of the request, its place in the folded text."""

    def __init__(self, text: Text) -> None:
        self._starts = text.starts

    def folded(self, raw: int) -> int:
        """Return the first folded character that comes from `raw` or later."""
        return bisect.bisect_left(self._starts, raw)


def _has_sibling(match: re.Match[str], others: list[re.Match[str]]) -> bool:
    """Say whether another path lies in the same folder: `tags/ok and tags/damaged`."""
    parent, _, own = match.group().rstrip("/").rpartition("/")
    return bool(parent and own and not NOT_PATH.match(match.group())) and any(
        other is not match and other.group().rstrip("/").rpartition("/")[0] == parent for other in others
    )


def _is_path(text: str, raw: str, start: int, *, located: bool) -> bool:
    """Say whether words with slashes are a path; where data is `located` already, `low/medium/high` is a choice."""
    if (
        NOT_PATH.match(text)
        or text in ("/", "./", "../")
        or (located and PLAIN.match(text) and not ends_in(IN, raw, start))
    ):
        return False
    if text.endswith("/") or text.startswith(("/", "./", "../", "~/")) or text.count("/") > 1:
        return True
    before = raw[max(0, start - 40) : start].lower()
    led = re.search(
        r"(?:\b(?:in|from|at|under|inside|on|of|data|folder|folders|directory|is|path|"
        r"source|aus|unter|im|ordner|en|de|desde|dans|depuis|carpeta|dossier|mein|se|फ़ोल्डर|फोल्डर|फ़ाइल|फाइल|डेटा)"
        r"\s*[:,]?|[:：=(]|[在从把])\s*[`\"'“]?$",
        before,
    )
    parts = text.split("/")
    left = parts[0]
    if any(NO_CLASS.fullmatch(part) for part in parts[1:]):
        return True
    led = led or BEHIND.match(raw, start + len(text))
    return bool(led and (re.search(r"[a-z]", left) is not None)) or bool(
        re.search(r"[_\d]", text) and re.match(r"[a-z_./-]+", text)
    )
