"""Ask the server in this file's folder for a fork that does what this command says; be a new process otherwise."""

import array
import json
import os
import signal
import socket
import sys
from typing import NoReturn

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)
MODULES = ("pipeline.", "trainerspec", "dvc")


def words(name: str, arguments: list[str]) -> list[str]:
    """Return the module that a fork runs and its arguments; nothing where it must be a new process."""
    rest = arguments[1:] if safe(arguments) else arguments
    found = rest[1:] if name == "python" and rest[:1] == ["-m"] else []
    found = [name, *arguments] if name != "python" else found
    fits = found and found[0].startswith(MODULES) and "--out" not in found
    return found if fits else []


def safe(arguments: list[str]) -> bool:
    """Tell whether modules of the folder are not to be found (`python -P`)."""
    return arguments[:1] == ["-P"]


def fork(folder: str, wanted: list[str]) -> socket.socket | None:
    """Ask for a fork; None where there is no server yet or any more, or it says that a fork would not do."""
    found = {"words": wanted, "safe": safe(sys.argv[1:]), "cwd": os.getcwd(), "env": dict(os.environ)}
    request = json.dumps(found).encode()
    files = array.array("i", [0, 1, 2])
    try:
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(os.path.join(folder, "socket"))
        connection.sendmsg([len(request).to_bytes(4, "big")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, files)])
        connection.sendall(request)
        return connection if connection.recv(1) == b"y" else None
    except OSError:
        return None


def follow(connection: socket.socket) -> NoReturn:
    """Pass signals on, and end as the fork ends; it is killed with the server."""
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda number, _: connection.sendall(bytes([number])))
    said = connection.recv(4)
    status = int.from_bytes(said, "big", signed=True) if said else -int(signal.SIGKILL)
    if status < 0:
        if -status != signal.SIGKILL:
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status)


def main() -> None:
    """Be a fork, or else the command of this name beside the Python that runs this."""
    folder, name = os.path.split(os.path.abspath(sys.argv[0]))
    wanted = words(name, sys.argv[1:])
    connection = fork(folder, wanted) if wanted else None
    if connection is not None:
        follow(connection)
    real = os.path.join(os.path.dirname(sys.executable), name)
    os.execv(real, [real, *sys.argv[1:]])


if __name__ == "__main__":
    main()
