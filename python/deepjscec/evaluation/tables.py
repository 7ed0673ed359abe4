# SPDX-License-Identifier: GPL-3.0-or-later
"""TOML tables to frozen dataclasses, strictly: an unknown key, a missing one and a wrong type are errors."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, fields
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

T = TypeVar("T")


def build(kind: type[T], table: object, where: str) -> T:
    """A dataclass `kind` from a TOML table; `where` names the table in messages.

    Fields may be `str`, `bool`, `int`, `float` (an integer will do, and must be finite), one of them or None, or tuples
    of them (`tuple[X, ...]`). Raises `ValueError` that names the key.
    """
    if not isinstance(table, Mapping):
        raise ValueError(f"{where}: {table!r} is not a table")
    known = {item.name: item for item in fields(kind)}  # type: ignore[arg-type]
    if unknown := sorted(set(table) - set(known)):
        raise ValueError(f"{where}: unknown key {unknown[0]!r}, known: {', '.join(sorted(known))}")
    required = {name for name, item in known.items() if item.default is MISSING and item.default_factory is MISSING}
    if missing := sorted(required - set(table)):
        raise ValueError(f"{where}: missing key {missing[0]!r}")
    hints = get_type_hints(kind)
    values = {key: _convert(hints[key], value, f"{where}: {key}") for key, value in table.items()}
    try:
        return kind(**values)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None


def _convert(wanted: Any, value: object, where: str) -> Any:
    if get_origin(wanted) is UnionType:
        (wanted,) = (option for option in get_args(wanted) if option is not NoneType)
    if get_origin(wanted) is tuple:
        if not isinstance(value, list):
            raise ValueError(f"{where}: {value!r} is not a list")
        return tuple(_convert(get_args(wanted)[0], item, where) for item in value)
    if wanted is float and type(value) is int:
        value = float(value)
    if type(value) is not wanted or (isinstance(value, float) and not math.isfinite(value)):
        raise ValueError(f"{where}: {value!r} is not {_NAMES[wanted]}")
    return value


_NAMES = {str: "a text", bool: "true or false", int: "a whole number", float: "a number"}
