"""What triggers keep: states, the outbox, messages on site, the journal."""
