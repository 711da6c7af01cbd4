"""Devices that a request names: on which it serves, on which it trains, and what it has not."""

import re
from collections.abc import Mapping

from trainerspec.drafting.fields.findings import Findings
from trainerspec.drafting.fields.limits import OF, PROCESSORS
from trainerspec.drafting.reading.pattern import Reading
from trainerspec.drafting.reading.spans import Span
from trainerspec.drafting.reading.vocabulary import Vocabulary

ABSENT = re.compile(
    r"\b(?:no|not|without|w/o|sans|pas|sin|sem|ohne|keine?n?|senza|niente|zonder|geen|bina|nahi|без|less|free)\b|बिना|没|无|不用|なし|無|は?な|없",
    re.IGNORECASE,
)
"""What says that there is none of a device."""
LACKING = re.compile(
    r"(?:\b(?:no|without|w/o|has(?:n't| not)(?: got)?|have(?:n't| not)(?: got)?|lacks?|sans|pas de|sin|nada de|sem|"
    r"ohne|kein\w*|senza|niente|zonder|geen)\s+(?:an? |any |own |una? |une |eigene\w* )?)$"
)
"""What stands before a GPU that is not there."""
ELSEWHERE = ("cloud", "edge")
"""Places that are no device."""
REACH = 40
"""Characters before a device in which a verb may tell what it is for."""
NEAR = 24
"""Characters before a GPU that are looked at for that."""
ALONE_BEFORE = re.compile(
    r"(?<![^\W_])(?:only|just|nur|solo|sólo|solamente|seulement|somente|apenas|alleen|soltanto)\s+(?:on\s+|auf\s+|a\s+|the\s+|en\s+|su\s+|op\s+)?$|[仅只]$"
)
ALONE_BEHIND = re.compile(
    r"[\s-]+(?:only|alone|box only|allein|solamente|seulement|soltanto|somente|alleen)(?![^\W_])|のみ|だけ"
)

RUNS = (
    r"(?:runs?|running|works?|serv\w+|deploy\w*|inference|infers?|l[äa]uft|laufen|bereitgestellt|funcion\w+|corr[ae]\w*|"
    r"ejecut\w+|tourn\w+|fonctionn\w+|gir[aio]\w*|funzion\w+|rod[ae]\w*|draai\w*|работа\w+)"
)
RUNS_BEFORE = re.compile(
    rf"(?<![^\W_]){RUNS} (?:\w+ ){{0,2}}(?:on|auf|en|sur|su|em|op|na|на|with|using|over) (?:[\w-]+ ){{0,2}}$"
)
RUNS_BEHIND = re.compile(rf" (?:\w+ )?{RUNS}(?![^\W_])|(?:上|で)(?:运行|部署|推理|動|実行)|에서 (?:실행|작동)")
"""What says that the model is used on a device, before and behind it."""
ON = re.compile(r"(?<![^\W_])(?:on|auf|en|sur|su|em|op|na|на|在)\s*(?:[\w-]+ ){0,2}$")


def devices(reading: Reading, vocabulary: Vocabulary) -> Mapping[str, Span]:
    """Find the devices that are named, by name."""
    found = {name: span for name, words in vocabulary.devices.items() if (span := words.first(reading))}
    own = [found[name][0] for name in PROCESSORS if name in found]
    within = {
        name
        for name, (_, end) in found.items()
        if name not in PROCESSORS and any(OF.fullmatch(reading.folded, end, start) for start in own)
    }
    found = {name: span for name, span in found.items() if name not in within}
    gpu = found.get("gpu")
    if gpu is None or not LACKING.search(reading.folded[max(0, gpu[0] - NEAR) : gpu[0]]):
        return found
    return {"cpu": gpu, **{name: span for name, span in found.items() if name != "gpu"}}


def no_gpu(findings: Findings, vocabulary: Vocabulary) -> str:
    """Return the words that say that there is no GPU, or a CPU alone; nothing where none do."""
    words = vocabulary.devices.get("cpu")
    for start, end in words.spans(findings.reading) if words is not None else ():
        said = findings.text.quote(start, end)
        folded = findings.reading.folded
        alone = ALONE_BEFORE.search(folded[max(0, start - 12) : start]) or ALONE_BEHIND.match(folded, end)
        if ABSENT.search(said) or alone:
            return said
    return ""


def trains_on(findings: Findings, span: Span, vocabulary: Vocabulary) -> bool:
    """Say whether a device is named for training."""
    before = findings.reading.folded[max(0, span[0] - 30) : span[0]]
    return any(word in before for word in ("train", "entren", "entraîn", "训练")) and not any(
        word in before for word in ("serv", "inference", "run", "deploy", "infer")
    )


def served_on(findings: Findings, vocabulary: Vocabulary) -> str:
    """Return the one device on which the request serves, or nothing."""
    found = [
        name
        for name, span in devices(findings.reading, vocabulary).items()
        if not trains_on(findings, span, vocabulary)
    ]
    specific = [name for name in found if name not in ("gpu", "cloud", "edge")] or found
    return specific[0] if len(specific) == 1 else ""


def runs_on(findings: Findings, vocabulary: Vocabulary) -> tuple[str, str]:
    """Return the device on which the model is to run, and its words; nothing where a CPU will do, or none is named."""
    found = devices(findings.reading, vocabulary)
    if "cpu" in found:
        return "", ""
    folded = findings.reading.folded
    for name, (start, end) in found.items():
        if name in ELSEWHERE or trains_on(findings, (start, end), vocabulary):
            continue
        before = folded[max(0, start - REACH) : start]
        led = bool(ON.search(before)) or not before.isascii()
        if RUNS_BEFORE.search(before) or (led and RUNS_BEHIND.match(folded, end)):
            return name, findings.text.quote(start, end)
    return "", ""
