"""Mingbai 明白: villagers see how village power is used and get their problems solved."""
