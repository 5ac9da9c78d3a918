"""Build the front-end parts that others wrote: ``python -m tools.frontend``.

Takes them from ``node_modules/`` (filled by ``npm ci`` from the lock file) and writes to ``build/``:
``icons.json`` with the drawings named in ``mingbai.kernel.icons.NAMES``, and ``static/vendor/`` with
Leaflet and the argon2 module, each with its licence.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from mingbai.config.environment import build_folder
from mingbai.kernel.icons import NAMES

ROOT = Path(__file__).resolve().parents[1]

LEAFLET = (
    "dist/leaflet.js",
    "dist/leaflet.css",
    "dist/images/layers.png",
    "dist/images/layers-2x.png",
    "dist/images/marker-icon.png",
    "dist/images/marker-icon-2x.png",
    "dist/images/marker-shadow.png",
    "LICENSE",
)
NOBLE = (
    "argon2.js",
    "blake2.js",
    "sha2.js",
    "_blake.js",
    "_md.js",
    "_u64.js",
    "utils.js",
    "LICENSE",
)

_PATH = re.compile(r"<(?:path|circle|rect|line|polyline|ellipse)\b[^>]*/>")
_FRAME = 'stroke="none"'
_SOURCE_MAP = re.compile(r"\n?//# sourceMappingURL=\S+\s*$")
_IMPORT = re.compile(r"^(?:import|export)\b[^;]*?from\s+[\"']([^\"']+)[\"']", re.MULTILINE)


def main() -> None:
    """Build everything into the build folder (``MINGBAI_BUILD``, default ``build/``)."""
    build(ROOT / "node_modules", build_folder())


def build(modules: Path, out: Path) -> None:
    """Write the parts found in ``modules`` to ``out``.

    Ends the program with a plain sentence when a part is missing.
    """
    _require(modules)
    drawings = {name: drawing(modules, name) for name in NAMES}
    out.mkdir(parents=True, exist_ok=True)
    (out / "icons.json").write_text(
        json.dumps(drawings, ensure_ascii=False, indent=0, sort_keys=True) + "\n", encoding="utf-8"
    )
    vendor = out / "static" / "vendor"
    shutil.rmtree(vendor, ignore_errors=True)
    _copy(modules / "leaflet", vendor / "leaflet", LEAFLET, strip="dist/")
    _copy(modules / "@noble" / "hashes", vendor / "noble-hashes", NOBLE)
    _copy(modules / "@tabler" / "icons", vendor / "tabler-icons", ("LICENSE",))
    _check_imports(vendor / "noble-hashes")
    print(
        f"页面部件已生成：{len(drawings)} 个图标，{sum(f.is_file() for f in vendor.rglob('*'))} 个文件。"
    )


def drawing(modules: Path, name: str) -> str:
    """Return the inner SVG of the outline icon ``name`` without its invisible frame."""
    path = modules / "@tabler" / "icons" / "icons" / "outline" / f"{name}.svg"
    if not path.is_file():
        raise SystemExit(f"图标包里没有“{name}”，请改 mingbai/kernel/icons.py。")
    found = _PATH.findall(path.read_text(encoding="utf-8"))
    return "".join(part.replace(" />", "/>") for part in found if _FRAME not in part)


def _require(modules: Path) -> None:
    for name in ("leaflet", "@noble/hashes", "@tabler/icons"):
        if not (modules / name / "package.json").is_file():
            raise SystemExit(f"缺少页面部件 {name}，请先在项目目录执行 npm ci。")


def _copy(source: Path, target: Path, names: Iterable[str], strip: str = "") -> None:
    for name in names:
        to = target / name.removeprefix(strip)
        to.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".js"):  # a map we don't ship would stop collectstatic
            text = (source / name).read_text(encoding="utf-8")
            to.write_text(_SOURCE_MAP.sub("\n", text), encoding="utf-8")
        else:
            shutil.copyfile(source / name, to)


def _check_imports(folder: Path) -> None:
    """Browsers resolve only relative addresses; every module imported must lie beside its user."""
    for file in folder.glob("*.js"):
        for wanted in _IMPORT.findall(file.read_text(encoding="utf-8")):
            if not wanted.startswith("./") or not (folder / wanted).is_file():
                raise SystemExit(
                    f"{file.name} 要用的 {wanted} 没有一起复制，请改 tools/frontend.py。"
                )


if __name__ == "__main__":
    main()
