"""Cells of CSV that no spreadsheet runs as formulas: a quotation mark in front guards them.

Excel, LibreOffice and Google Sheets run a cell that begins with one of = + - @ as a formula. Some
also do so after blanks and invisible characters, and for the full-width signs.
"""

from __future__ import annotations

import re

MARK = "'"
_SIGNS = "=+\\-@\uff1d\uff0b\uff0d\uff20\u2212\ufe62\ufe63\ufe66\ufe6b"
# Blanks, controls and characters without width, which a spreadsheet may skip before a formula.
_PASSED = (
    "\\s\\x00-\\x20\\x7f-\\xa0\\xad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f"
    "\\u2028-\\u202f\\u205f-\\u206f\\u3000\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff9-\\ufffb\\U000e0000-\\U000e0fff"
)
_NUMBER = r"[+\-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+\-]?\d+)?\Z"
DANGEROUS = re.compile(rf"'*(?:[\t\r\n]|(?!{_NUMBER})[{_PASSED}]*[{_SIGNS}])")


def guarded(cell: str) -> str:
    """The cell, with a mark in front if a spreadsheet would run it or hide such a mark.

    A plain number such as the key -1 is not a formula and stays, so that it can join tables.
    """
    cell = cell.replace("\0", "\ufffd")  # no reader of CSV accepts a NUL
    return MARK + cell if DANGEROUS.match(cell) else cell


def unguarded(cell: str) -> str:
    """The cell that `guarded` received, except that a NUL stays replaced."""
    return cell[1:] if cell[:1] == MARK and DANGEROUS.match(cell[1:]) else cell
