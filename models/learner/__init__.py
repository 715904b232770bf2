"""All models of a site: taught, measured, frozen."""
