"""What is kept of each visitor: profiles, pending events, links of devices, memberships."""
