"""trainerspec diff."""


def diff() -> None:
    """x"""
