"""Describe the prepared data for machines: build/croissant.json (Croissant 1.0, JSON-LD; MLCommons).

The vocabulary is that of https://docs.mlcommons.org/croissant/docs/croissant-spec.html. Each split is a file with its
sha256 and a set of records; the columns are its fields.
"""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from pipeline.base.files import sha256, write_json
from pipeline.base.params import Params
from pipeline.reporting.page import PARTS

FORM = "http://mlcommons.org/croissant/1.0"
WORDS = {
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""The context that the specification gives."""
MEANT = {
    "id": "Where the example is from: a file, or a file and its line.",
    "key": "A digest of the content: examples with equal keys are duplicates.",
    "group": "Examples of equal value belong together, and never stand in two splits.",
}


def write(settings: Params, parts: Mapping[str, pl.DataFrame], files: Mapping[str, Path], out: Path) -> None:
    """Write the description of the splits, which lie in `files`."""
    named = settings.renames("inputs") | settings.renames("outputs")
    described: dict[str, object] = {
        "@context": {"@language": "en", "@vocab": "https://schema.org/", **WORDS},
        "@type": "sc:Dataset",
        "conformsTo": FORM,
        "name": settings.text("name"),
        "version": settings.text("version"),
        "description": f"The prepared examples of `{settings.text('name')}` ({settings.text('task')}), in splits.",
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": f"{part}.parquet",
                "name": f"{part}.parquet",
                "description": f"The {part} split: {parts[part].height} examples.",
                "contentUrl": path.relative_to(out.parent).as_posix(),
                "contentSize": f"{path.stat().st_size} B",
                "encodingFormat": "application/x-parquet",
                "sha256": sha256(path),
            }
            for part, path in files.items()
        ],
        "recordSet": [splits(), *(records(part, parts[part], named) for part in PARTS)],
    }
    write_json(out, described)


def splits() -> dict[str, object]:
    """Return the splits by their names, and what Croissant calls them."""
    field = {"@type": "cr:Field", "@id": "splits/name", "name": "splits/name", "dataType": "sc:Text"}
    url = {"@type": "cr:Field", "@id": "splits/url", "name": "splits/url", "dataType": ["sc:URL", "wd:Q3985153"]}
    terms = {"train": "TrainingSplit", "validation": "ValidationSplit", "test": "TestSplit"}
    return {
        "@type": "cr:RecordSet",
        "@id": "splits",
        "name": "splits",
        "dataType": "cr:Split",
        "key": {"@id": "splits/name"},
        "field": [field, url],
        "data": [{"splits/name": part, "splits/url": f"cr:{terms[part]}"} for part in PARTS],
    }


def records(part: str, frame: pl.DataFrame, named: Mapping[str, str]) -> dict[str, object]:
    """Return the records of a split."""
    return {
        "@type": "cr:RecordSet",
        "@id": part,
        "name": part,
        "description": f"{frame.height} examples.",
        "field": [field(part, name, dtype, named) for name, dtype in frame.schema.items()],
    }


def field(part: str, name: str, dtype: pl.DataType, named: Mapping[str, str]) -> dict[str, object]:
    """Return one column as a field."""
    inner = dtype.inner if isinstance(dtype, pl.List) else dtype
    meant = MEANT.get(name, f"The column `{named.get(name, name)}` of the source.")
    made: dict[str, object] = {
        "@type": "cr:Field",
        "@id": f"{part}/{name}",
        "name": f"{part}/{name}",
        "description": meant,
        "dataType": term(inner),
        "source": {"fileObject": {"@id": f"{part}.parquet"}, "extract": {"column": name}},
    }
    if isinstance(dtype, pl.List):
        made["repeated"] = True
    if isinstance(inner, pl.Struct):
        del made["dataType"]
        made["subField"] = [
            {
                "@type": "cr:Field",
                "@id": f"{part}/{name}/{one.name}",
                "name": f"{part}/{name}/{one.name}",
                "dataType": term(one.dtype),
                "source": {
                    "fileObject": {"@id": f"{part}.parquet"},
                    "extract": {"column": name},
                    "transform": {"jsonPath": one.name},
                },
            }
            for one in inner.fields
        ]
    return made


def term(dtype: object) -> str:
    """Return what schema.org calls a type.

    >>> term(pl.Int64), term(pl.Float64), term(pl.String), term(pl.Boolean)
    ('sc:Integer', 'sc:Float', 'sc:Text', 'sc:Boolean')
    """
    if dtype == pl.Boolean:
        return "sc:Boolean"
    if dtype in (pl.Date, pl.Datetime):
        return "sc:Date"
    if isinstance(dtype, pl.DataType) or (isinstance(dtype, type) and issubclass(dtype, pl.DataType)):
        return "sc:Integer" if dtype.is_integer() else "sc:Float" if dtype.is_float() else "sc:Text"
    return "sc:Text"
