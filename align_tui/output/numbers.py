"""Shares, differences and p in words, for every table and sentence."""

from __future__ import annotations


def point(value: float | None) -> str:
    """A share with two digits and no leading zero, or a dash."""
    if value is None:
        return "–"
    return "1.00" if round(value, 2) >= 1 else f"{value:.2f}"[1:]


def signed(value: float) -> str:
    """`+.24`, `-.07`, `.00`."""
    sign = "" if round(value, 2) == 0 else "+" if value > 0 else "-"
    return sign + point(abs(value))


def p_number(p: float | None) -> str:
    """Three digits, `< .001`, or a dash."""
    if p is None:
        return "–"
    return "< .001" if p < 0.001 else "1.000" if p >= 0.9995 else f"{p:.3f}"[1:]
