"""Synthetic texts for golden.jsonl: replayed at every hop from torch to the cluster; none of them is user data.

They vary in length, script and form, because what breaks on the way is rarely the plain case.
"""

RAW: dict[str, list[str]] = {
    "text": [
        "Ada Lovelace met Charles Babbage in London on 5 June 1833.",
        "Turn on the lights in the kitchen and set the bedroom to 21 degrees.",
        "Please send two boxes of paper (A4) to Anna, 12 Mill Lane, for €35.50!",
        "ok",
        "",
        "   ",
        "WHY IS NOBODY ANSWERING ME??? :-(",
        "mail: a.b+c@example.org, tel. 030-123456, invoice INV-2024-0017",
        "Le café de São Paulo coûte 3,5 € à Zoé Lemaître.",
        "Москва и Санкт-Петербург: дождь, 15°C.",
        "東京タワーは港区にあります。",
        "👩🏽‍💻 Zoe\u0308 🇩🇪 paid 5km for नमस्ते 🎉",
        "line one\nline two\tand a tab\r\n\r\nlast line",
        "The quick brown fox jumps over the lazy dog near Paris. " * 30,
    ]
}
