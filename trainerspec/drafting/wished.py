# ruff: noqa: E501 - a phrase a line
"""Whether a text that names next to nothing asks for a model anyway: `make me a model for my goats`."""

import re

from trainerspec.drafting.reading.text import Text

WISHED = re.compile(
    r"(?<![^\W_])(?:predict|forecast|classify|categori[sz]e|estimate|recogni[sz]e|detect|vorhersagen|voraussagen|klassifizier\w*|einordnen|predecir|pronosticar|clasificar?|predire|"
    r"prevedere|classificare|prédire|prévoir|classer|classifier|prever|classificar|voorspellen|classificeren|indelen)(?![^\W_])"
    r"|(?<![^\W_])(?:make|build|train|create|develop|do|need|want|like|bau|baue|bauen|brauch\w*|möchte\w*|hätte\w*|quiero|queremos|necesito|haz|voudrais|veux|vorrei|voglio|"
    r"serve|quero|queria|preciso|wil|willen|maak)\s+(?:[^\W\d_']+\s+){0,4}?(?:an?\s+)?(?:ai|ki|ia|ml|model\w*|modèles?|predictor|classifier|détecteur)(?![^\W_])"
    r"|预测|分类|识别|训练|予測|分類|判別|भविष्यवाणी|अनुमान|वर्गीकर|पहचान",
)
"""What asks for a model, however little else is said."""
EXPLAINED = re.compile(
    r"(?<![^\W_])(?:how (?:do|to|can|many|much|should|come|does|is|are)|why|what(?:'s| is| am| are| does| should)|which|where|explain\w*|difference|wie (?:kann|mache|viele|geht|soll)|warum|was ist|"
    r"erklär\w*|cómo|por qué|qué es|explica\w*|comment|pourquoi|qu'est-ce|explique\w*|come (?:si|posso|faccio|mai)|perché|cos'è|spiega\w*|por que|o que é|hoe (?:kan|moet|doe)|waarom|wat is|"
    r"tell me|write|explain|nothing)(?![^\W_])|怎么|为什么|什么是|区别|なぜ|どうやって|違い|説明|कैसे|क्यों|समझा|अंतर|फर्क",
)
"""What asks for an explanation, or for something else."""


def wished(text: Text) -> bool:
    """Say whether a text asks for a model though it names next to nothing of it.

    >>> from trainerspec.drafting.reading.text import fold
    >>> [wished(fold(one)) for one in ("Make me a model for my goats", "why does my model predict nonsense?")]
    [True, False]
    """
    return WISHED.search(text.folded) is not None and EXPLAINED.search(text.folded) is None
