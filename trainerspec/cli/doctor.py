"""trainerspec doctor."""


def doctor() -> None:
    """x"""
