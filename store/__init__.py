"""Where profiles, models, the catalog and the event log live; the only place that knows a key's name."""
