"""Language models behind any OpenAI-compatible endpoint, and their scripted twins."""
