"""Icons of the pages: outline drawings chosen by name, put into the page as SVG.

``tools.frontend`` writes the drawings of ``NAMES`` to ``build/icons.json``; a page asks for one
with ``icon("clock")``. A drawing is decoration: the word beside it carries the meaning.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from django.conf import settings
from django.utils.safestring import SafeString

NAMES: tuple[str, ...] = (
    "activity",
    "adjustments",
    "alert-circle",
    "alert-octagon",
    "arrow-back-up",
    "arrow-right",
    "arrows-join",
    "arrows-split",
    "ban",
    "bell",
    "bolt",
    "book",
    "brand-wechat",
    "briefcase",
    "building",
    "bulb",
    "bulb-off",
    "calendar-due",
    "camera",
    "camera-plus",
    "chart-bar",
    "check",
    "checklist",
    "chevron-down",
    "chevron-left",
    "chevron-right",
    "circle",
    "circle-check",
    "clipboard-list",
    "clipboard-text",
    "clock",
    "clock-check",
    "clock-exclamation",
    "clock-pause",
    "copy",
    "database",
    "device-mobile",
    "device-tv",
    "download",
    "droplet",
    "eye",
    "file-search",
    "file-spreadsheet",
    "file-text",
    "filter",
    "first-aid-kit",
    "flag",
    "gavel",
    "heart-handshake",
    "help-circle",
    "history",
    "home",
    "hourglass",
    "id",
    "inbox",
    "info-circle",
    "key",
    "keyboard",
    "link",
    "list",
    "lock",
    "lock-open",
    "logout",
    "mail",
    "map-2",
    "map-pin",
    "menu-2",
    "message-circle-question",
    "message-plus",
    "message-search",
    "messages",
    "microphone",
    "mood-neutral",
    "mood-sad",
    "mood-smile",
    "paperclip",
    "pencil",
    "phone",
    "photo",
    "plant-2",
    "player-pause",
    "player-play",
    "player-stop",
    "plus",
    "printer",
    "qrcode",
    "receipt",
    "refresh",
    "report-money",
    "road",
    "route",
    "school",
    "search",
    "send",
    "settings",
    "share",
    "shield",
    "shield-check",
    "shield-lock",
    "speakerphone",
    "star",
    "stethoscope",
    "text-size",
    "thumb-up",
    "trash",
    "trending-down",
    "trending-up",
    "upload",
    "user",
    "user-check",
    "user-off",
    "users",
    "users-group",
    "users-plus",
    "volume",
    "walk",
    "wallet",
    "wifi-off",
    "x",
)


class UnknownIcon(LookupError):
    """A page asked for a drawing that is not in ``NAMES``, or the drawings were not built."""


def icon(name: str) -> SafeString:
    """Return the drawing ``name`` as an SVG element, hidden from screen readers.

    Raises ``UnknownIcon`` when the name is not in ``NAMES`` or the parts are not built.
    """
    drawn = _drawings(settings.BUILD / "icons.json")
    try:
        return drawn[name]
    except KeyError:
        raise UnknownIcon(
            f"没有名为“{name}”的图标，请在 mingbai/kernel/icons.py 里登记。"
        ) from None


@cache
def _drawings(path: Path) -> Mapping[str, SafeString]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UnknownIcon("页面部件还没有生成，请先执行 python -m tools.frontend。") from None
    return {
        # The paths come from our own build, never from a person.
        name: SafeString(f'<svg class="i" viewBox="0 0 24 24" aria-hidden="true">{paths}</svg>')
        for name, paths in json.loads(text).items()
    }
