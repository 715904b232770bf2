"""Who may do what: keys of the API, and tokens of visitors."""
