"""Synthetic texts for golden.jsonl: replayed at every hop from torch to the cluster; none of them is user data.

They vary in length, script and form, because what breaks on the way is rarely the plain case.
"""

from pipeline.base import params
from pipeline.task import data

TEXTS = [
    "The company said its profit rose by a fifth in the last quarter.",
    "Two late goals gave the visitors a win in the final minute of the match!",
    "Parliament will vote on the new law next week, the minister told reporters.",
    "The film opened in forty countries and its lead actor won a prize.",
    "A new chip doubles the speed of phones while it uses half of the energy.",
    "ok",
    "WHY IS NOBODY ANSWERING MY CALLS??? :-(",
    "Thank you so much, this made my day :)",
    "Reset my password; the link in the e-mail <a href='https://example.org/?a=1&b=2'>does not work</a>.",
    "Le prix du café a augmenté de 3,5 % à São Paulo.",
    "Прогноз погоды на завтра: дождь и сильный ветер.",
    "今日は天気がいいので、公園を散歩しました。",
    "🎉🎉 50% off — today only 🎉🎉",
    "line one\nline two\tand a tab\r\n\r\nlast line",
    "1234567890 3.14159 -42 1e-9 0x7f",
    "The quick brown fox jumps over the lazy dog. " * 40,
]


def __getattr__(name: str) -> dict[str, list[str]]:
    """Make `RAW` when it is asked for: of several columns each is empty in some rows, and no row is empty."""
    if name != "RAW":
        raise AttributeError(name)
    fields = data.fields(params.load())
    if len(fields) == 1:
        return {fields[0]: TEXTS}
    turned = {field: TEXTS[3 * place :] + TEXTS[: 3 * place] for place, field in enumerate(fields)}
    every = len(fields) + 2
    return {
        field: ["" if row % every == place else text for row, text in enumerate(texts)]
        for place, (field, texts) in enumerate(turned.items())
    }
