"""Installs what only the operating system has: Chromium and a Chinese font, for the browser tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

PACKAGES = {"chromium": "chromium", "fonts-noto-cjk": ""}


def missing() -> list[str]:
    """Return the Debian packages that are not there yet."""
    wanted = []
    if not shutil.which("chromium"):
        wanted.append("chromium")
    fonts = (
        subprocess.run(["fc-list", ":lang=zh-cn"], capture_output=True, text=True, check=False)
        if (shutil.which("fc-list"))
        else None
    )
    if fonts is None or not fonts.stdout.strip():
        wanted.append("fonts-noto-cjk")
    return wanted


def main() -> int:
    """Install the missing packages as root, otherwise print the line to type."""
    wanted = missing()
    if not wanted:
        return 0
    line = f"apt-get install -y {' '.join(wanted)}"
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        print(f"浏览器测试还缺：{'、'.join(wanted)}。请用管理员执行：{line}")
        return 1
    print(f"安装 {'、'.join(wanted)}……")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(
        ["apt-get", "update", "-qq"], env=environment, check=False, stdout=subprocess.DEVNULL
    )
    done = subprocess.run(
        ["apt-get", "install", "-y", "-qq", *wanted],
        env=environment,
        check=False,
        stdout=subprocess.DEVNULL,
    )
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
