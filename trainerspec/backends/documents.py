"""Render the text documents of a project (README.md, Dockerfile, ...) from Jinja templates, in memory."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from trainerspec import assets
from trainerspec.language import escaping
from trainerspec.prepared import Remembered

if TYPE_CHECKING:
    from jinja2 import Environment

_RENDERED: Remembered[bytes] = Remembered("documents")


@cache
def _environment() -> "Environment":
    from cookiecutter.environment import StrictEnvironment  # Jinja, which only a new document pays for
    from jinja2 import FileSystemLoader

    made: Environment = StrictEnvironment(
        loader=FileSystemLoader(assets.folder("templates") / "_shared" / "documents"),
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )
    made.filters |= {
        "md": lambda value: escaping.markdown(str(value)),
        "prose": lambda value: escaping.prose(str(value)),
        "code": lambda value: escaping.code(str(value)),
        "cell": lambda value: escaping.code(str(value), cell=True),
        "toml": lambda value: escaping.toml(str(value)),
        "line": lambda value: escaping.line(str(value)),
    }
    return made


def render(name: str, context: Mapping[str, object]) -> bytes:
    """Render `templates/_shared/documents/<name>` with `context` under the name `cookiecutter`.

    Half of a character, as JSON may hold it, becomes `?`. Raises jinja2.UndefinedError when the template names what
    the context lacks.
    """
    source = assets.folder("templates") / "_shared" / "documents" / name

    def rendered() -> bytes:
        return _environment().get_template(name).render(cookiecutter=dict(context)).encode(errors="replace")

    return _RENDERED.get(repr((name, source.read_bytes(), dict(context))), rendered)
