"""A sample shop and the shoppers who visit it, for demonstrations, tests and benchmarks."""
