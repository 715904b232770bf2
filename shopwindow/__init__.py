"""The front door: commands, settings, starting and stopping processes."""
