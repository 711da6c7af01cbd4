"""Four agents that fill typed slots by Standard Operating Procedures."""
