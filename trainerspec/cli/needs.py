"""What a command needs of the optional packages."""

from importlib.util import find_spec

from trainerspec.diagnostics.model import Diagnostic, Stopped


def needs(*modules: str, extra: str = "deploy") -> None:
    """Raise Stopped with TS873 when a package of an extra is not installed."""
    absent = [module for module in modules if find_spec(module) is None]
    if absent:
        message = f"{', '.join(f'`{module}`' for module in absent)} is not installed"
        raise Stopped((Diagnostic(code="TS873", message=message, hint=f"pip install 'trainerspec[{extra}]'"),))
