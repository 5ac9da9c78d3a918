"""portal 门户: home, map, village page, search, workbench: pages composed from several rooms."""
