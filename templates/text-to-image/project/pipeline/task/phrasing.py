"""Say short captions in many ways: a painter that learned `cat` alone would not know `a drawing of a cat`.

Captions of more than three words are taken as they are.
"""

MOST_WORDS = 3
TRAINED = (
    "{}",
    "a {}",
    "the {}",
    "one {}",
    "a picture of a {}",
    "a drawing of a {}",
    "a photo of a {}",
    "an image of a {}",
    "a small picture of a {}",
    "draw a {}",
    "paint a {}",
    "please draw a {}",
    "show me a {}",
    "i want to see a {}",
    "make a picture of a {}",
    "give me an image of one {}",
    "a sketch of a {}",
    "a simple {}",
    "a {} please",
    "here is a {}",
)
HELD_OUT = (
    "a nice {}",
    "could you draw me a {}?",
    "an illustration of a {}",
    "create a {} for me",
    "a {} in black and white",
    "i would like a picture of a {}",
)
"""Used by evaluation alone."""


def phrasings(caption: str, forms: tuple[str, ...] = TRAINED) -> list[str]:
    """Return the ways to say a caption.

    >>> phrasings("cat", ("a {}", "draw a {}")), phrasings("a cat on a red mat", ("a {}",))
    (['a cat', 'draw a cat'], ['a cat on a red mat'])
    """
    plain = " ".join(caption.replace("_", " ").split())
    return [form.format(plain) for form in forms] if len(plain.split()) <= MOST_WORDS else [plain]
