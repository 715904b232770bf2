"""The event log: one interface, Redis Streams and Kafka."""
