"""Commands: one module a subject; what a command needs to talk to people or to the API is loaded when it does."""
