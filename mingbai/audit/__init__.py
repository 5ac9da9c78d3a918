"""audit 留痕: what was done, by whom, in which post, where; written in the same transaction."""
