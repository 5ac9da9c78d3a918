"""regions 区划: the tree of territory, its names and aliases, positions and boundaries."""
