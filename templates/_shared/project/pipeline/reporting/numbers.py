"""Numbers as people read them: no powers of ten for a price, no digits that say nothing."""

DIGITS = 4
"""Significant ones; those before the point are always written."""
APART = 10_000
"""From here on thousands stand apart: 2024 may be a year."""
LARGEST, SMALLEST = 1e15, 1e-4


def plain(value: float) -> str:
    """Write a number with thousands apart and at least four significant digits.

    >>> plain(49_330.4), plain(1234.56), plain(0.07126), plain(-3.0), plain(12.50)
    ('49,330', '1235', '0.07126', '-3', '12.5')
    >>> plain(0.0), plain(3.2e-7), plain(2e20), plain(float("nan"))
    ('0', '3.2e-07', '2e+20', 'nan')
    """
    size = abs(value)
    if not size < LARGEST or 0 < size < SMALLEST:
        return f"{value:.{DIGITS}g}"
    if size >= 10 ** (DIGITS - 1):
        return f"{value:,.0f}" if size >= APART else f"{value:.0f}"
    written = f"{value:.{DIGITS}g}"
    if "e" in written:  # of what is rounded up to the next power of ten, or small
        written = f"{value:.{DIGITS + 3}f}".rstrip("0").rstrip(".")
    return "0" if float(written) == 0 else written
