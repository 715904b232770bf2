"""What a request and an answer look like: bodies, parameters, problems, schemas, metrics."""
