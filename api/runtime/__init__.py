"""What lives as long as the process: state, keys, logs, sites, and how a decision is made of them."""
