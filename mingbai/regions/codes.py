"""The arithmetic of region codes. Pure.

An official code has 12 digits: province 2, city 2, county 2, town 3, village 3. A *scope* is the
code without its trailing zero groups. A local unit, which has no official code, is written as its
parent's scope, ``L`` and two digits (``350525101201L03``) and is its own scope; ``L`` sorts after
the digits and before ``~``, so it lies in the range of everything above it.
"""

from __future__ import annotations

_SIZES = (2, 4, 6, 9, 12)
_LOCAL_SIZE = 3


def scope_of(code: str) -> str:
    """Return a code without its trailing zero groups (350525000000 → 350525)."""
    if "L" in code:
        return code
    for size in _SIZES:
        if set(code[size:]) <= {"0"}:
            return code[:size]
    return code


def full(digits: str) -> str:
    """Return the 12-digit code that belongs to a scope (350525 → 350525000000)."""
    return digits if "L" in digits else digits.ljust(12, "0")


def lineage(code: str) -> list[str]:
    """Return the codes of everything above a code and of itself, the province first.

    A code in between that does not exist (a city without counties) is listed all the same.
    """
    official, *local = scope_of(code).split("L")
    found = [full(official[:size]) for size in _SIZES if size <= len(official)]
    below = ["L".join([official, *local[:depth]]) for depth in range(1, len(local) + 1)]
    return list(dict.fromkeys([*found, *below]))


def local(above: str, number: int) -> str:
    """Return the local code number ``number`` (1 to 99) right below the scope ``above``."""
    return f"{above}L{number:02d}"


def may_hold_local(above: str) -> bool:
    """Say whether a local code below the scope ``above`` still fits into the column (16)."""
    return len(above) + _LOCAL_SIZE <= 16
