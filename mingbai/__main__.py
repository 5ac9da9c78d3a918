"""`python -m mingbai` is the `mingbai` command."""

from mingbai.cli import main

main()
