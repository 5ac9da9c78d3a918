"""`mingbai check`: whether this installation can do its work, and what to mend."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable

from mingbai.cli import django as project
from mingbai.config import environment

LEAST_FREE = 2 * 1024**3


def check(*, deploy: bool, say: Callable[[str], None]) -> int:
    """Say each finding; return how many have to be mended."""
    project.set_up()
    found = [_fonts(), _disk(), _keys(), _provisional_years()]
    if deploy:
        found += _deployment()
    bad = 0
    for good, sentence in found:
        say(f"{'好' if good else '改'}  {sentence}")
        bad += not good
    return bad


def _fonts() -> tuple[bool, str]:
    program = shutil.which("fc-list")
    if program is None:
        return (
            False,
            "没有 fc-list，查不了中文字体；打印要用，请执行 apt-get install -y fontconfig fonts-noto-cjk",
        )
    listed = subprocess.run(
        [program, ":lang=zh-cn"], capture_output=True, text=True, check=False
    ).stdout
    if listed.strip():
        return True, "有中文字体"
    return False, "没有中文字体，打印会成方块，请执行 apt-get install -y fonts-noto-cjk"


def _disk() -> tuple[bool, str]:
    free = shutil.disk_usage(environment.data_folder()).free
    return free > LEAST_FREE, f"数据盘剩 {free / 1024**3:.1f} G"


def _keys() -> tuple[bool, str]:
    environment.application_secrets()
    return True, "密钥文件完整，只有本账户能读"


def _provisional_years() -> tuple[bool, str]:
    from mingbai.kernel import clock, deadlines, scopes

    with scopes.enter():
        year = clock.today().year
        known = deadlines.known_years()
    return (
        year in known,
        f"{year} 年的节假日{'已载入' if year in known else '还没载入，期限先按周一到周五算'}",
    )


def _deployment() -> list[tuple[bool, str]]:
    from django.conf import settings

    return [
        (settings.HTTPS, "MINGBAI_HTTPS=1：只走加密连接"),
        (not settings.DEMO, "没有开演示模式"),
        (
            settings.ALLOWED_HOSTS != ["localhost", "127.0.0.1", "[::1]"],
            "MINGBAI_HOSTS 写了正式域名",
        ),
        ("console" not in settings.SMS_SENDER, "MINGBAI_SMS 接了正式短信"),
        (bool(settings.SITE["map_approval"]), "MINGBAI_MAP_APPROVAL 填了审图号"),
    ]
