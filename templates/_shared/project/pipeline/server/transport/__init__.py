"""The bytes of HTTP connections: their time limits, and how an answer leaves."""
