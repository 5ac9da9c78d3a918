"""Addresses: no two routes may share a name, or a link would lead to whichever came last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver


def _names(resolver: URLResolver, space: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            yield f"{space}{entry.name}"
        else:
            yield from _names(entry, f"{space}{entry.namespace}:" if entry.namespace else space)


def test_no_two_routes_share_a_name() -> None:
    names = Counter(_names(get_resolver()))
    assert [name for name, count in names.items() if count > 1] == []
    assert len(names) > 100
