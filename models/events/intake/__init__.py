"""Intake: reads what senders send as events, mends what is odd in it, and says so."""
