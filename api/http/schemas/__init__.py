"""What the documentation shows of bodies and answers, by subject; the endpoints check by hand."""
