"""Lists and slots for one visitor, the rules laid over them, and the reasons given."""
