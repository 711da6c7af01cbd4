"""Stages as forks of one process that has imported what they share.

Each stage is a process of its own, and most of what a run adds around its training is their imports. `beside` puts
`client.py` first on PATH, by the name `python`; when the first stage begins, `server.py` starts and imports what the
stages from there on need (`libraries.py`), in their order. `python -m pipeline.X` is then a fork of it, as soon as what
it needs is there: with the environment, folder, input, output, signals and exit status of a process of its own. What a
fork cannot stand for, and every stage where there is no server, is a new process, with the same results.

The server lives no longer than the run: it ends when the run's end of a socket is closed, and its forks die with it.
"""
