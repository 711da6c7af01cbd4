"""Fetch data that is no local file: a query's rows, files at an address, a data set of the hub, an archive.

Start at `collect.py`: it takes a snapshot, once, and records the digest of every file. Everything later reads the
snapshot, so neither the source nor the network is needed again. The compiler (`trainerspec collect`) and the stage
`collect` of the projects that it emits run the same files. Credentials come from the environment, and are kept nowhere.
"""
