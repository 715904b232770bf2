"""What is kept of each site: catalog, segments, triggers, models."""
