"""On what a request trains, and what it says of the machine that serves."""

from trainerspec.drafting.composing.sheet import Sheet
from trainerspec.drafting.fields.devices import devices, no_gpu, runs_on, trains_on
from trainerspec.drafting.fields.findings import Findings
from trainerspec.drafting.reading.vocabulary import Vocabulary


def state(sheet: Sheet, findings: Findings, vocabulary: Vocabulary) -> None:
    """Write down the device of training, and ask about one for serving that no bound is for: targets name those."""
    for device, span in devices(findings.reading, vocabulary).items():
        if device in ("cpu", "gpu") and trains_on(findings, span, vocabulary):
            sheet.spec["compute"] = {"train": device}
            sheet.tell("/compute/train", "stated", findings.text.quote(*span))
    if "compute" in sheet.spec or any(" on " in text for text in sheet.spec.get("objectives", ())):
        return
    if said := no_gpu(findings, vocabulary):
        sheet.spec["compute"] = {"train": "cpu"}
        sheet.tell("/compute/train", "inferred", said, "no GPU is at hand")
        return
    device, said = runs_on(findings, vocabulary)
    if device:
        sheet.ask("/compute/train", vocabulary.fields["questions"]["served_on"].format(said=said, device=device))
