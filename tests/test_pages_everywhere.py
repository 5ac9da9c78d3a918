"""Every page of every person: no WCAG A/AA violation, no sideways scroll, elder mode included."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import DESK, PHONE, Live, shoot, sideways, violations

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
VILLAGE = "350525101201"
VILLAGER_PAGES = (
    "/",
    "/?q=石鼓",
    "/?q=没有这个村",
    "/r/350500000000",
    "/r/350525000000",
    "/r/350525101000",
    f"/v/{VILLAGE}",
    f"/v/{VILLAGE}/open",
    f"/v/{VILLAGE}/solved",
    f"/v/{VILLAGE}/file",
    f"/v/{VILLAGE}/report",
    "/c/350525-2611-00001",
    "/c/350525-2611-00002",
    "/phone",
    "/login",
    "/about/accessibility",
    "/about/privacy",
    "/nothing-here",
)
STAFF_PAGES = {
    "officer": (
        "/desk",
        "/desk/cases",
        "/desk/cases/350525-2611-00001",
        "/desk/cases/new",
        "/capture/groups",
        "/capture/groups/new",
        "/inbox",
        "/me",
    ),
    "clerk": ("/capture/review", "/capture/groups"),
    "discipline": ("/clues/",),
    "it": (
        "/desk/admin",
        "/desk/bodies",
        "/desk/bodies/new",
        "/desk/people",
        "/desk/people/new",
        "/desk/duties",
        "/desk/duties/1",
    ),
    "town": ("/desk", "/desk/cases"),
}


@pytest.mark.parametrize("elder", [False, True], ids=["plain", "elder"])
def test_villager_pages_are_accessible_and_never_scroll_sideways(
    page_for: Callable[..., Any], live: Live, *, elder: bool
) -> None:
    page = page_for("", PHONE)
    if elder:
        page.goto("/?mode=elder")
    found = []
    for address in VILLAGER_PAGES:
        page.goto(address.replace("2611", live.month))
        if sideways(page):
            found.append(f"{address} scrolls by {sideways(page)}")
        found += [f"{address} {v}" for v in violations(page)]
    assert found == []


@pytest.mark.parametrize("who", sorted(STAFF_PAGES))
def test_staff_pages_are_accessible_on_a_desk_and_on_a_phone(
    page_for: Callable[..., Any], live: Live, who: str
) -> None:
    page = page_for(who, DESK)
    found = []
    for size in (DESK, PHONE):
        page.set_viewport_size(size)
        for address in STAFF_PAGES[who]:
            answer = page.goto(address.replace("2611", live.month))
            assert answer.status == 200, address
            if sideways(page):
                found.append(f"{address} {size['width']} scrolls by {sideways(page)}")
            found += [f"{address} {size['width']} {v}" for v in violations(page)]
    assert found == []


def test_the_pictures_of_the_readme_are_taken(page_for: Callable[..., Any]) -> None:
    page = page_for("", PHONE)
    page.goto("/")
    page.wait_for_load_state("networkidle")
    shoot(page, "map")
    page = page_for("officer", DESK)
    page.goto("/desk")
    shoot(page, "workbench")
