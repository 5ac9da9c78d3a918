"""Pages of cases: filing, reading, the desk."""
