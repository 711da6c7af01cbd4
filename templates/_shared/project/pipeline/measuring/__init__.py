"""What is measured of a graph that is served: parity with fp32, latency, the cold start. Read `parity.py` first."""
