"""How events get from a request into the log: who they belong to, who hears of them, and what is refused."""
