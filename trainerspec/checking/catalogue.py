"""Every check: its code, which never changes its meaning, its name, its severity and what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]
"""An error stops `build` until it is mended or acknowledged, a warning is to be read, a note is good to know."""


@dataclass(frozen=True)
class About:
    """What is said of every finding of a code."""

    title: str
    severity: Severity
    fix: str


LEAVE_OUT = "leave the column out with `data.exclude`"
LEAK = (
    "take the column out with `data.exclude` if it is known only with the answer; "
    "else say why it is not under `data.checks.acknowledge`"
)
CATALOGUE: Mapping[str, About] = {
    # columns of tables
    "empty-column": About("Column without values", "note", LEAVE_OUT),
    "constant-column": About("Column of one value", "note", LEAVE_OUT),
    "nearly-constant-column": About(
        "Column of nearly one value", "note", "leave it out, or collect more of the others"
    ),
    "identifier": About("Column that names its rows", "note", LEAVE_OUT),
    "mostly-missing-column": About("Column that is mostly missing", "note", "fill it, or leave it out"),
    "duplicate-column": About("Columns that are equal", "note", "keep one of them"),
    "mixed-types": About(
        "Values of another kind", "warning", "correct the cells, or `parse_number` under `data.clean`"
    ),
    "mixed-units": About(
        "Values in several units", "warning", "convert the rows to one unit before they are collected"
    ),
    "infinite-value": About("Infinite values", "warning", "replace them where they mean a number"),
    "sentinel-value": About(
        "Number that stands for no value", "warning", "leave the cell empty, or filter with `where`"
    ),
    "impossible-value": About(
        "Value that cannot be", "warning", "correct the cells, or `clip_outliers` in `data.clean`"
    ),
    "impossible-date": About("Date that cannot be", "warning", "leave the cell empty, or correct it"),
    "outlier": About("Value far from all others", "warning", "correct it if it is wrong; else `clip_outliers`"),
    # leaks
    "target-copy": About("Column that gives the answer away", "error", LEAK),
    "single-feature-leak": About("Column that alone tells the answer", "error", LEAK),
    "missing-value-leak": About("Column whose gaps tell the answer", "error", LEAK),
    "target-in-text": About("Text that holds the answer", "error", "remove the label's words from the texts"),
    "text-marker": About("Beginning of a text tells the answer", "warning", "remove the header, if requests have none"),
    "time-after-target": About("Time that comes after the fact", "warning", LEAK),
    "picture-form-leak": About(
        "Size or format tells the class", "warning", "bring all pictures to one size and format"
    ),
    # rows
    "duplicate-rows": About("Rows that repeat others", "note", "`drop_duplicates` under `data.clean`"),
    "near-duplicate-texts": About("Texts that are nearly the same", "note", "`near_duplicates` in `data.clean`"),
    "near-duplicate-pictures": About("Pictures that are nearly the same", "note", "keep one of each group"),
    # classes
    "missing-label": About(
        "Rows without an answer", "note", "label them, write `label: auto` under `data`, or leave them out"
    ),
    "rare-class": About("Class of few rows", "warning", "collect more, or `merge_labels` under `data.clean`"),
    "imbalanced-classes": About("Classes of very different size", "warning", "judge by `macro_f1` or a class's recall"),
    "label-spellings": About("Labels that differ in spelling alone", "warning", "`normalise_labels` in `data.clean`"),
    "several-labels": About("The same example under several labels", "warning", "keep the right label of each"),
    "label-error": About("Labels that are probably wrong", "note", "read these rows, and correct what is wrong"),
    # splits
    "duplicates-across-splits": About("The same example in two splits", "warning", "take it out of one of them"),
    "near-duplicates-across-splits": About("Nearly the same example in two splits", "warning", "keep it in one split"),
    "group-across-splits": About("One group in several splits", "warning", "split by the group: `by: group:<column>`"),
    "split-drift": About("Splits that differ", "warning", "split at random, or train on what is served"),
    "unseen-values": About("Values that training never sees", "warning", "split so that training has them"),
    # texts
    "empty-text": About("Texts without words", "warning", "leave the rows out, or fill them"),
    "long-text": About("Texts of unusual length", "note", "cut what does not belong to them"),
    "broken-characters": About("Texts of broken characters", "warning", "decode the source with its own encoding"),
    "markup-in-text": About("Markup in texts", "note", "strip tags and entities before"),
    "other-language": About("Texts in another language", "warning", "leave them out, or collect enough of them"),
    "personal-data": About("Personal data", "warning", "`mask_pii` in `data.clean`; keep it only with a reason"),
    # pictures
    "unreadable-picture": About("Pictures that cannot be read", "warning", "repair or delete the files"),
    "missing-picture": About("Pictures that are not there", "warning", "add the files, or leave the rows out"),
    "blank-picture": About("Pictures of one colour", "warning", "delete the files, if nothing is to be seen on them"),
    "tiny-picture": About("Pictures of very few pixels", "warning", "get them in their full size"),
    "turned-picture": About("Pictures that lie on their side", "note", "nothing: they are read upright"),
    "odd-shape-picture": About("Pictures of an unusual shape", "note", "cut them to what is to be seen"),
    # tags and boxes
    "tag-without-begin": About("Tags that continue nothing", "warning", "begin each span with `B-`"),
    "unknown-tag": About("Tags of no known form", "warning", "write `O`, or a prefix and a type of `task.labels`"),
    "tags-do-not-fit": About("Rows with more or fewer tags than words", "warning", "write one tag for each word"),
    "span-does-not-fit": About("Spans outside their text", "warning", "correct start and end, in characters"),
    "box-outside": About("Boxes outside their picture", "warning", "correct the boxes"),
    "box-reversed": About("Boxes with corners in reverse order", "warning", "write the upper left corner first"),
    "box-empty": About("Boxes without width or height", "warning", "correct the boxes, or leave them out"),
}
"""By code; docs/checks.md is made from it."""
