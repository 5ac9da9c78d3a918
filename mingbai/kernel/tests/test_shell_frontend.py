"""The front-end parts: what is built from node_modules, and what our own files may hold."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest

from mingbai.kernel.icons import NAMES
from tools import frontend

ROOT = Path(__file__).resolve().parents[3]
MODULES = ROOT / "node_modules"
STATIC = ROOT / "mingbai" / "kernel" / "static" / "kernel"
TEMPLATES = ROOT / "mingbai" / "kernel" / "templates" / "kernel"
ONE_KIB = 1024


def packed(*files: Path) -> int:
    return sum(len(gzip.compress(file.read_bytes(), 9)) for file in files)


def test_every_named_icon_is_drawn(tmp_path: Path) -> None:
    frontend.build(MODULES, tmp_path)
    drawings = json.loads((tmp_path / "icons.json").read_text(encoding="utf-8"))
    assert list(drawings) == list(NAMES)
    assert all(re.fullmatch(r"(<[a-z]+ [^<>]*/>)+", inner) for inner in drawings.values())
    assert not any("stroke" in inner for inner in drawings.values())


def test_vendor_parts_come_with_their_licences_and_without_source_maps(tmp_path: Path) -> None:
    frontend.build(MODULES, tmp_path)
    vendor = tmp_path / "static" / "vendor"
    assert sorted(p.parent.name for p in vendor.rglob("LICENSE")) == [
        "leaflet",
        "noble-hashes",
        "tabler-icons",
    ]
    assert not [
        p for p in vendor.rglob("*.js") if "sourceMappingURL" in p.read_text(encoding="utf-8")
    ]
    assert (vendor / "leaflet" / "images" / "layers.png").is_file()


def test_building_twice_gives_the_same_files(tmp_path: Path) -> None:
    def content() -> dict[str, bytes]:
        return {str(p): p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}

    frontend.build(MODULES, tmp_path)
    first = content()
    (tmp_path / "static" / "vendor" / "leftover.js").write_text("old", encoding="utf-8")
    frontend.build(MODULES, tmp_path)
    assert content() == first


def test_missing_modules_are_named_with_the_command_that_brings_them(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="npm ci"):
        frontend.build(tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_icon_that_the_set_does_not_have_is_named() -> None:
    with pytest.raises(SystemExit, match="no-such-drawing"):
        frontend.drawing(MODULES, "no-such-drawing")


def test_the_style_sheets_stay_small() -> None:
    assert sum(file.stat().st_size for file in (STATIC / "css").glob("*.css")) <= 50 * ONE_KIB


def test_a_first_villager_page_loads_little() -> None:
    page = (TEMPLATES / "villager.html").read_text(encoding="utf-8")
    files = re.findall(r'static\("kernel/((?:css|js)/[^"]+)"\)', page)
    assert len(files) == 7
    assert packed(*(STATIC / name for name in files)) <= 25 * ONE_KIB


@pytest.mark.parametrize("script", sorted((STATIC / "js").glob("*.js")), ids=lambda p: p.name)
def test_scripts_obey_the_content_policy(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    banned = r"\beval\(|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write|setAttribute\(\"style\"|https?://"
    assert not re.search(banned, text)


@pytest.mark.parametrize("page", sorted(TEMPLATES.glob("*.html")), ids=lambda p: p.name)
def test_templates_obey_the_content_policy(page: Path) -> None:
    text = re.sub(r"\{#.*?#\}", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert not re.search(r'\sstyle="|\son[a-z]+="|javascript:|<style|<script(?![^>]*\ssrc=)', text)


def test_style_sheets_load_nothing_from_elsewhere() -> None:
    for sheet in (STATIC / "css").glob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        assert "@import" not in text
        assert "url(" not in text
        assert "--weui" not in text
        assert "--tblr" not in text
