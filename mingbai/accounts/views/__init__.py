"""Pages of accounts: logging in, the registry, the duty list."""
