"""Examples: a small feed, and all that `apply` takes, commented."""
