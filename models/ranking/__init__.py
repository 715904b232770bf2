"""The next item, what is bought again, what is bought together: counters, candidates, features, rankers."""
