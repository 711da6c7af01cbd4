"""Rules and intent classifier vote on what is asked for; where the votes leave a doubt, a person is asked.

Thresholds make a first opinion of both, which is one vote among others (votes.py). Shares and likelihoods were chosen
on requests by other hands than those that the classifier learned from; docs/decisions/0020 has the figures.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trainerspec.drafting import votes
from trainerspec.drafting.fields.findings import DATA_EVIDENCE, Findings
from trainerspec.drafting.fields.horizons import ahead
from trainerspec.drafting.fields.recognise import NAME, Candidate
from trainerspec.drafting.intent.classifier import IMPOSSIBLE, NO_MODEL, Intent
from trainerspec.drafting.reading.vocabulary import AMOUNT, TaskWords, Vocabulary
from trainerspec.drafting.refuse import Missing, no_data, no_model
from trainerspec.drafting.wished import wished
from trainerspec.ir.draft import Question, Reason

HARMFUL = 0.15
"""Likelihood of harm from which a request that no rule refuses is held."""
HARMFUL_BRIEF = 0.7
"""The same for a brief text, in which a word that was never seen weighs too much."""
HARMFUL_SHORT = 0.35
"""The same for a sentence or so, in which one word still weighs much."""
SHORT_TO, LONG_FROM = 90, 180
"""Characters between which it falls from one to the other, so that a few words beside a wish change little."""
HARMFUL_ELSEWHERE = 0.25
"""The same where the task is not supported, so that nothing would be built anyhow."""
HARMLESS = 0.3
"""Likelihood of harm below which a request that a rule refuses is held instead."""
HEARD = 0.12
"""Share from which the classifier's task is taken where the rules find none."""
AHEAD = 2.0
"""How many times likelier it must be then than that nothing can be trained."""
LEANING = 0.2
"""Share from which it is taken where the rules are weak (`WEAK`)."""
DOUBT = 0.3
"""Share from which the classifier's task stands against that of the rules."""
FIRM = 0.6
"""Share from which it stands against words that ask for advice or an errand, and against words that name no task."""
HALF = 0.5
"""Share from which it stands against the name of a task that is not supported."""
IDLE = 0.35
"""Share from which the classifier's word counts that no model is asked for, unless the rules are sure of a task."""
FAINT, OVER = 0.05, 4.0
"""Share from which that word counts where nothing grounds a request, and how many times it is then taken."""
BEYOND = 0.35
"""Share from which it counts that no data tells what is wanted."""
UNGROUNDED = 0.4
"""Share from which the classifier's task is taken there, where the rules find none."""
UNHEARD, NAMED = 0.1, 0.25
"""Share below which the classifier does not see the task that words name, and that of a target from which it counts."""
ELECTED = 0.6
"""Share of all votes from which nothing is asked, and from which a request is refused as none for a model that data can
teach: of suites that neither side had seen, nine of ten drafts above it are right, and four of ten below."""
LEAD, CLOSE = 0.3, 0.9
"""Share of all votes below which the thresholds' opinion stands, and the part of the best share from which it does."""
TOLD = 0.3
"""The same for a request that thresholds take for none."""
SEEN_BEYOND = 0.25
"""Share that the classifier alone must give it before no data is said to tell what is wanted."""
SEEN = 0.02
"""Share of all votes that a task has at least, of which a text that names next to nothing is asked."""
SHORT, PLAIN = 64, 0.97
"""Characters of a text below which only a plain vote stands against the thresholds: few suites hold such texts."""
STRONG = 12.5
"""Score of the rules from which their task is not doubted."""
WEAK = 4.5
"""Score of the rules below which their task is doubted unless the classifier names it too."""
WEAK_SEEN = WEAK + DATA_EVIDENCE
"""The same where data was seen, which adds to the tasks of its medium."""


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """The task to draft for, and what is asked about it."""

    chosen: Candidate
    question: Question | None = None
    refused: Reason | None = None
    """Why it is refused, unless a bound that no model can meet says more."""


def wish(
    chosen: Candidate | None,
    missing: Missing | None,
    findings: Findings,
    intent: Intent,
    words: Vocabulary,
    supported: frozenset[str],
    *,
    seen: bool,
) -> Opinion | Reason:
    """Decide what is asked for by the votes of both readers; where data was `seen`, words and data decide."""
    first = by_thresholds(chosen, missing, findings, intent, words, supported, seen=seen)
    if seen or (chosen is not None and chosen.name not in intent.shares):  # an organisation's own task
        return first
    cast = cast_by(first, missing, findings, intent)
    shares = votes.shares(cast, words.tasks, supported)
    name = elected(cast, shares)
    if name == NO_MODEL and (missing is None or not missing.said) and wished(findings.text):
        own = next((one for one in shares if one in supported and shares[one] >= SEEN), "") or _plainest(
            words, supported
        )
        ask = words.fields["questions"]["task"].format(name=own)
        return Opinion(chosen=_known(own, findings, words), question=Question(path="/task/type", question=ask))
    if name == NO_MODEL:
        return missing.reason if missing is not None else no_model(findings.text)
    if name == cast.opinion and cast.length < SHORT:
        return first
    beyond = no_data(findings.text) if name == IMPOSSIBLE else None
    known = [one for one in shares if one not in (NO_MODEL, IMPOSSIBLE)]
    if beyond is not None and not known:
        return beyond
    task = name if beyond is None else next((one for one in known if one in supported), known[0])
    return Opinion(
        chosen=_known(task, findings, words), question=_doubt(task, cast, shares, words, supported), refused=beyond
    )


def cast_by(first: Opinion | Reason, missing: Missing | None, findings: Findings, intent: Intent) -> votes.Ballot:
    """Return what is said of a request, the opinion of the thresholds among it."""
    said = "" if missing is None else "said" if missing.said else "found"
    if isinstance(first, Reason):
        return votes.ballot(findings, intent, NO_MODEL, asked=False, missing=said)
    return votes.ballot(findings, intent, first.chosen.name, asked=first.question is not None, missing=said)


def elected(cast: votes.Ballot, shares: Mapping[str, float]) -> str:
    """Return what is elected: a task, unless the votes are sure that there is none."""
    for name, share in shares.items():
        if name == NO_MODEL:
            if share >= (TOLD if cast.opinion == NO_MODEL else ELECTED):
                return name
        elif name == IMPOSSIBLE:
            if share >= ELECTED and cast.shares.get(name, 0.0) >= SEEN_BEYOND:
                return name
        else:
            least = PLAIN if cast.length < SHORT else LEAD
            close = shares.get(cast.opinion, 0.0) >= CLOSE * share
            return cast.opinion if share < least or close else name
    return cast.opinion


def _doubt(
    name: str, cast: votes.Ballot, shares: Mapping[str, float], words: Vocabulary, supported: frozenset[str]
) -> Question | None:
    """Ask whether a supported task is meant where the votes leave a doubt, or nothing that is known names it."""
    if name not in supported or (shares.get(name, 0.0) >= ELECTED and not cast.missing):
        return None
    ask = words.fields["questions"]
    other = next((one for one in shares if one != name), NO_MODEL)
    if other == IMPOSSIBLE and shares[other] >= LEAD:
        return Question(path="/task/type", question=ask["task_beyond"].format(name=name))
    form = ask["task"] if other in (NO_MODEL, IMPOSSIBLE) else ask["task_of_two"]
    return Question(path="/task/type", question=form.format(name=name, other=other))


def _plainest(words: Vocabulary, supported: frozenset[str]) -> str:
    """Return the task that is asked about where nothing speaks for any: classes of rows of a table."""
    own = [one for one in words.tasks if one.name in supported]
    return next((one.name for one in own if one.medium == "table" and one.answers == "class"), own[0].name)


def _known(name: str, findings: Findings, words: Vocabulary) -> Candidate:
    """Return a task as a candidate, with its cues where there are any."""
    found = next((one for one in findings.candidates if one.name == name), None)
    return found or Candidate(words=next(one for one in words.tasks if one.name == name), score=0.0, span=(0, 0))


def by_thresholds(
    chosen: Candidate | None,
    missing: Missing | None,
    findings: Findings,
    intent: Intent,
    words: Vocabulary,
    supported: frozenset[str],
    *,
    seen: bool,
) -> Opinion | Reason:
    """Weigh what the rules make of a text against the classifier, by thresholds."""
    rival = _candidate(intent, words, findings.candidates, listed=findings.labels is not None and findings.labels.sure)
    if _is_idle(findings, intent, chosen):
        return no_model(findings.text)
    if missing is not None:
        least = FIRM if missing.said else HEARD if rival is not None and rival.name in supported else DOUBT
        least = max(least, UNGROUNDED if chosen is None and not findings.grounded else 0.0)
        idle = max(intent.shares.get(NO_MODEL, 0.0), intent.shares.get(IMPOSSIBLE, 0.0))
        if rival is None or intent.share < max(least, AHEAD * idle):
            return missing.reason
        return Opinion(chosen=rival, question=_which(rival, None, words) if rival.name in supported else None)
    assert chosen is not None
    unheard = chosen.name not in intent.shares  # an organisation's own task
    own = chosen.name in supported
    heard = rival is not None and rival.name in supported and _named_for(rival, chosen, findings, intent)
    if rival is not None and heard and not (own or seen):
        return Opinion(chosen=rival, question=_which(rival, chosen, words))
    if own and not seen and intent.task == IMPOSSIBLE and intent.share >= BEYOND:
        question = words.fields["questions"]["task_beyond"].format(name=chosen.name)
        return Opinion(chosen=chosen, question=Question(path="/task/type", question=question))
    if seen and not own and chosen.score < WEAK_SEEN and rival is not None and rival.name in supported:
        return Opinion(chosen=rival) if intent.share >= DOUBT else Opinion(chosen=chosen)
    if seen or unheard or intent.task == chosen.name or chosen.score >= STRONG:
        return Opinion(chosen=chosen)
    if intent.task == NO_MODEL and intent.share >= IDLE:
        return no_model(findings.text)
    if rival is None:
        doubted = own and intent.share >= (DOUBT if chosen.score < WEAK else FIRM)
        return Opinion(chosen=chosen, question=_which(chosen, None, words) if doubted else None)
    if intent.share >= (LEANING if chosen.score < WEAK else DOUBT):
        named = chosen.score >= NAME
        if rival.name in supported:
            kept = (not own and named and intent.share < HALF) or (own and _steps(rival, chosen, findings, words))
            return Opinion(chosen=chosen) if kept else Opinion(chosen=rival, question=_which(rival, chosen, words))
        if own and chosen.words.answers == "class" != rival.words.answers and findings.labels is not None:
            return Opinion(chosen=chosen, question=_which(chosen, rival, words))
        if not own or rival.score >= chosen.score or (intent.share >= FIRM and not named):
            return Opinion(chosen=rival)
        return Opinion(chosen=chosen, question=_which(chosen, rival, words))
    weak = own and chosen.score < WEAK and intent.shares.get(chosen.name, 0.0) < intent.share
    return Opinion(chosen=chosen, question=_which(chosen, rival, words) if weak else None)


def _steps(rival: Candidate, chosen: Candidate, findings: Findings, words: Vocabulary) -> bool:
    """Say whether it is told how far to look ahead, for a forecast that the classifier takes for an amount."""
    looks = chosen.words.answers == "steps" and rival.words.answers == "value"
    return looks and ahead(findings.text.raw, words.numbers) is not None


def _named_for(rival: Candidate, chosen: Candidate, findings: Findings, intent: Intent) -> bool:
    """Say whether a supported task is meant though words name another: the classifier, and a target, speak for it."""
    target = findings.names[0].share if findings.names else 0.0
    return rival.name == intent.task and intent.shares.get(chosen.name, 0.0) < UNHEARD and target >= NAMED


def _is_idle(findings: Findings, intent: Intent, chosen: Candidate | None) -> bool:
    """Say whether no model is asked for: the classifier leans there, and nothing in the text grounds a request."""
    share = intent.shares.get(NO_MODEL, 0.0)
    rest = max((one for name, one in intent.shares.items() if name != NO_MODEL), default=0.0)
    if intent.harm >= HARMFUL_ELSEWHERE:
        return False
    if findings.grounded:
        return not findings.places and share >= FIRM
    strong = chosen is not None and chosen.score >= STRONG
    return share >= FAINT and OVER * share >= rest and not strong


def _candidate(intent: Intent, words: Vocabulary, candidates: Sequence[Candidate], *, listed: bool) -> Candidate | None:
    """Return the classifier's task as a candidate; None where it sees no task that is known."""
    found = next((one for one in candidates if one.name == intent.task), None)
    known = next((one for one in words.tasks if one.name == intent.task), None)
    if intent.task in (NO_MODEL, IMPOSSIBLE) or known is None:
        return None
    if known.answers in AMOUNT and listed:
        return None  # classes are listed: an amount is not what is wanted
    return found or Candidate(words=known, score=0.0, span=(0, 0))


def _which(chosen: Candidate, other: Candidate | None, words: Vocabulary) -> Question:
    ask = words.fields["questions"]
    form = ask["task_of_two"] if other is not None else ask["task"]
    return Question(path="/task/type", question=form.format(name=chosen.name, other=other.name if other else ""))


def harm(rule: str, intent: Intent, words: Vocabulary) -> Question | None:
    """Return what is asked about harm: where a rule stands alone (`rule` is its text), or the classifier does."""
    ask = words.fields["questions"]
    if rule:
        if intent.brief or intent.harm >= HARMLESS:
            return None
        return Question(path="/policy", question=ask["policy_rule"].format(rule=rule))
    return Question(path="/policy", question=ask["policy"]) if intent.harm >= _harmful(intent) else None


def _harmful(intent: Intent) -> float:
    """Return the likelihood of harm from which a request of this length is held."""
    if intent.brief:
        return HARMFUL_BRIEF
    longer = min(max(intent.length - SHORT_TO, 0) / (LONG_FROM - SHORT_TO), 1)
    return HARMFUL_SHORT + longer * (HARMFUL - HARMFUL_SHORT)


def instead(name: str, wanted: str, words: Vocabulary) -> Question:
    """Ask whether a supported task may stand for one that is not."""
    form = words.fields["questions"]["task_instead"]
    return Question(path="/task/type", question=form.format(name=name, other=wanted))


def nearest(chosen: TaskWords, intent: Intent, supported: frozenset[str]) -> str:
    """Return the supported task to draft for where the one that is asked for is not supported."""
    if chosen.nearest in supported:
        return chosen.nearest
    shares: Mapping[str, float] = {name: intent.shares.get(name, 0.0) for name in sorted(supported)}
    return max(shares, key=lambda name: shares[name], default="")
