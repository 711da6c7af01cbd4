"""All deep checks. Start here."""

from ..check import Check
from .label_errors import label_errors
from .near_pictures import near_pictures
from .near_texts import near_texts
from .split_drift import split_drift

DEEP: tuple[Check, ...] = (near_texts, near_pictures, label_errors, split_drift)
