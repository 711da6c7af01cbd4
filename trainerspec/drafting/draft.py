"""The pass `draft`: a request becomes a draft, a draft that a person must clear first, or a reasoned refusal."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from trainerspec.catalog.model import Task
from trainerspec.drafting import extended, refuse, weigh
from trainerspec.drafting.composing import compose as composing
from trainerspec.drafting.composing import objectives
from trainerspec.drafting.composing.sheet import Sheet
from trainerspec.drafting.data import annotated, infer, known_rows, label_lists, places, target
from trainerspec.drafting.fields.findings import DATA_EVIDENCE, Findings, read
from trainerspec.drafting.fields.located import located
from trainerspec.drafting.fields.recognise import Candidate
from trainerspec.drafting.fields.settings import without_split
from trainerspec.drafting.intent.classifier import classifier
from trainerspec.drafting.policy.refusals import Policy, policy
from trainerspec.drafting.reading.numbers import figures
from trainerspec.drafting.reading.text import fold
from trainerspec.drafting.reading.vocabulary import TaskWords, Vocabulary, vocabulary
from trainerspec.drafting.votes import Ballot
from trainerspec.ir.draft import Draft, Question, Reason, Request

if TYPE_CHECKING:
    from trainerspec.workspace.look import Look


def draft(
    request: Request,
    tasks: Mapping[str, Task],
    *,
    known: frozenset[str] = frozenset(),
    organisation: Path | None = None,
    folder: Path | None = None,
    task: str = "",
) -> Draft:
    """Draft a spec for one of the `tasks`, or of those that are only `known` by name.

    `organisation` is the folder of an organisation's own policy (`.trainerspec/sops`). Paths of data are looked at
    below `folder`; nothing is looked at when it is None. `task` says which task is meant, where somebody else knows.
    """
    rules, words = policy_of(organisation), words_of(tasks)
    plain, intent = figures(fold(request.text), words), classifier().read(without_split(request.text))
    refusal = refuse.refusal(plain, rules)
    doubt = weigh.harm(refusal.rule, intent, words)
    if refusal.reasons and (refusal.sure or doubt is None):
        return refuse.rejected(refusal.reasons)
    findings = read(request.text, words)
    looked, problem = _look(request, findings, folder, _needed(task, findings, tasks))
    if looked is not None:
        findings = read(request.text, words, {infer.medium(looked): DATA_EVIDENCE})
    findings, closer = extended.folded(findings, tasks, words) if not task else (findings, {})
    supported = frozenset(tasks) | known
    told = True
    if task:
        wish: weigh.Opinion | Reason = weigh.Opinion(chosen=_given(task, findings, words))
    else:
        chosen = _choose(findings, supported, words)
        told = chosen is not None
        chosen = chosen or _of_data(looked, request, findings, words)
        missing = refuse.no_request(findings, chosen, plain, rules)
        wish = weigh.wish(chosen, missing, findings, intent, words, supported, seen=looked is not None)
    if isinstance(wish, Reason):
        return refuse.rejected(refusal.reasons or (wish,))
    chosen, held = wish.chosen, [one for one in (doubt, wish.question) if one is not None]
    if chosen.name not in supported:
        if wish.refused is not None:
            return refuse.rejected((wish.refused,))
        near = weigh.nearest(chosen.words, intent, supported)
        if doubt is None or intent.harm < weigh.HARMFUL_ELSEWHERE or not near:
            return refuse.unsupported(findings, chosen, supported)
        held = [doubt, weigh.instead(near, chosen.name, words)]
        chosen = _given(near, findings, words)
    chosen = closer.get(chosen.name, chosen)
    beyond = refuse.beyond(findings, chosen, rules)
    if beyond:
        return refuse.rejected((beyond,))
    first = composing.compose(findings, chosen, tasks.get(chosen.name), words)
    several = _several(chosen, tasks, looked, first, request) if not task else None
    chosen = _given(several[0], findings, words) if several else chosen
    sheet = _written(request, findings, chosen, tasks, words, looked, problem, folder)
    if several:
        sheet.because(several[1])
    if sheet.impossible:
        return refuse.rejected(tuple(refuse.impossible(why, quote) for why, quote in sheet.impossible))
    if wish.refused is not None:
        return refuse.rejected((wish.refused,))
    if looked is not None and not task and chosen.name in tasks:
        fits = tasks[chosen.name]
        better = "" if several else target.fitting(fits, looked, sheet.spec["task"], tasks, request.text)
        if better:
            about_pictures = tasks[better].contract.each is not None and target.pictured(request.text, looked)
            about_pictures = about_pictures and chosen.words.medium == "image"
            chosen, held = _given(better, findings, words), [one for one in held if one.path != "/task/type"]
            sheet = _written(request, findings, chosen, tasks, words, looked, problem, folder)
            if about_pictures:
                sheet.ask("/task/type", f"{looked.path.name} names no pictures. Are its columns enough?")
        if not several and (better or not told):
            sheet.because(f"from {looked.path.name}, in which `{_output(sheet)}` holds {_answers(tasks[chosen.name])}")
    return _made(sheet, chosen.name, tuple(held))


def ballot_of(text: str, tasks: Mapping[str, Task]) -> Ballot:
    """Return what rules and classifier say of a text, before their votes are weighed."""
    rules, words, supported = policy_of(None), words_of(tasks), frozenset(tasks)
    plain, intent = figures(fold(text), words), classifier().read(without_split(text))
    findings, _ = extended.folded(read(text, words), tasks, words)
    chosen = _choose(findings, supported, words)
    missing = refuse.no_request(findings, chosen, plain, rules)
    first = weigh.by_thresholds(chosen, missing, findings, intent, words, supported, seen=False)
    return weigh.cast_by(first, missing, findings, intent)


def _written(
    request: Request,
    findings: Findings,
    chosen: Candidate,
    tasks: Mapping[str, Task],
    words: Vocabulary,
    looked: "Look | None",
    problem: str,
    folder: Path | None,
) -> Sheet:
    """Write down what the request says of the chosen task, and what the data adds."""
    contract = tasks.get(chosen.name)
    sheet = composing.compose(findings, chosen, contract, words)
    if request.data is not None or request.connection:
        places.keep(sheet, request.data or "", request.connection)
    if problem:
        places.unread(sheet, problem)
    if contract is not None:
        annotated.name(sheet, contract)
        annotated.gather(sheet, contract, folder)
    if looked is not None and contract is not None:
        before, after = composing.roles(chosen.name, contract, words)
        listed = objectives.classes_of(sheet)
        infer.fill(sheet, looked, contract, after, before)
        objectives.restate(sheet, findings, chosen.words, contract, words, listed)
    elif contract is not None:
        for role in sorted(contract.optional - sheet.spec["task"].get("outputs", {}).keys()):
            known_rows.needed(sheet, contract, role, "The data is not seen yet")
    return sheet


def _several(
    chosen: Candidate, tasks: Mapping[str, Task], looked: "Look | None", sheet: Sheet, request: Request
) -> tuple[str, str] | None:
    """Return the task that extends the chosen one by several labels an example, and what in the data shows it."""
    name = next((name for name, one in tasks.items() if one.extends == chosen.name and label_lists.role(one)), "")
    why = label_lists.shown(looked, sheet.spec, request.text) if name and looked is not None else ""
    return (name, why) if why else None


def _answers(task: Task) -> str:
    return "amounts" if task.labels == "none" else "classes"


def _output(sheet: Sheet) -> str:
    """Name the column that is predicted."""
    return str(next(iter(sheet.spec["task"].get("outputs", {"": ""}).values())))


def _of_data(looked: "Look | None", request: Request, findings: Findings, words: Vocabulary) -> Candidate | None:
    """Take, where no words tell a task, the one that the data is for when the request asks for one of its columns."""
    if looked is None:
        return None
    paths = [place.value for place in findings.places]
    if target.spoken(request.text, looked.columns, paths) is None:
        return None
    medium = infer.medium(looked)
    named = next((one for one in words.tasks if "named" in one.default and one.medium == medium), None)
    return Candidate(words=named, score=weigh.WEAK, span=(0, 0)) if named is not None else None


def _made(sheet: Sheet, task: str, held: tuple[Question, ...]) -> Draft:
    if held:
        sheet.spec["held"] = [{"about": one.path, "question": one.question} for one in held]
    return Draft(
        outcome="held" if held else "draft",
        task=task,
        spec=composing.plain(sheet),
        evidence=tuple(sheet.evidence),
        questions=tuple(sheet.questions),
        reasons=(),
        author=refuse.AUTHOR,
        usage={},
        held=held,
    )


def policy_of(organisation: Path | None) -> Policy:
    """Load the policy that ships, with the rules of an organisation's folder of SOPs."""
    return policy(organisation / "task" / "refusals.yaml" if organisation else None)


def words_of(tasks: Mapping[str, Task]) -> Vocabulary:
    """Load the vocabulary, with the hints of the tasks."""
    return vocabulary(hints(tasks))


def hints(tasks: Mapping[str, Task]) -> str:
    """Return the hints of tasks for the vocabulary, as JSON by task name; empty without any."""
    found = {name: {"answers": gives(task), **task.hints} for name, task in tasks.items() if task.hints}
    return json.dumps(found, sort_keys=True) if found else ""


def gives(task: Task) -> str:
    """Say what a task gives, in the words of grammar/vocabulary/tasks.yaml."""
    words = {
        "label": "class",
        "labels": "class",
        "spans": "spans",
        "objects": "objects",
        "segmentation": "regions",
        "number": "value",
        "forecast": "steps",
        "box": "box",
        "image": "picture",
    }
    return next((words[port.kind] for port in task.contract.answer if port.kind in words), "")


def _needed(task: str, findings: Findings, tasks: Mapping[str, Task]) -> tuple[str, ...]:
    """Return the roles that data of several readings is read for: those of the task that the words speak for."""
    name = task or next((one.name for one in findings.candidates if one.name in tasks), "")
    contract = tasks[name].contract if name in tasks else None
    return tuple(tasks[name].outputs) if contract is not None and contract.gathered is not None else ()


def _look(
    request: Request, findings: Findings, folder: Path | None, needed: Sequence[str]
) -> tuple["Look | None", str]:
    """Look at the data that `--data` or the request names, if it is here or was collected."""
    if request.collected is not None:
        named = located(findings)
        source = places.source(request.data) if request.data else named.source if named else {}
        return places.collected(request.collected, source)
    paths = [place.value for place in findings.places if place.kind == "path"]
    there = (one for one in paths if folder is not None and (folder / one).exists())
    stated = next(there, next(iter(paths), None))
    place = request.data if request.data is not None else stated
    if folder is None or place is None or "path" not in places.source(place):
        return None, ""
    place = annotated.around(place, folder, needed)
    if request.data is None and not (folder / place).exists():
        return None, ""
    return places.seen(place, folder, request.text, needed)


def _given(task: str, findings: Findings, words: Vocabulary) -> Candidate:
    """Make a candidate of a task that somebody else chose; the request's own cues for it are kept."""
    found = next((one for one in findings.candidates if one.name == task), None)
    known = (one for one in words.tasks if one.name == task)
    return found or Candidate(
        words=next(known, TaskWords(name=task, nearest="", medium="", cues=())), score=weigh.WEAK, span=(0, 0)
    )


def _choose(findings: Findings, supported: frozenset[str], words: Vocabulary) -> Candidate | None:
    """Take the best candidate; where nothing but data is named, the task that its kind suggests."""
    if findings.candidates:
        best = findings.candidates[0]
        near = [one for one in findings.candidates if one.score >= best.score and one.name in supported]
        return near[0] if near else best
    named = next(iter(findings.media), "")
    classify = findings.reading.named("classify")
    place = next((one for one in findings.places if one.kind != "name"), None)
    task = next((one for one in words.tasks if "named" in one.default and one.medium == named), None)
    if task is None and classify:
        task = next((one for one in words.tasks if "sorted" in one.default), None)
    if task is None or place is None:
        return None
    return Candidate(
        words=task,
        score=weigh.WEAK,
        span=classify[0] if classify else place.span,
    )
