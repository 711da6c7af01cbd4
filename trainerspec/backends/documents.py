"""Render the text documents of a project (README.md, Dockerfile, ...) from Jinja templates, in memory."""

from collections.abc import Mapping
from functools import cache

from cookiecutter.environment import StrictEnvironment
from jinja2 import FileSystemLoader

from trainerspec import assets
from trainerspec.language import escaping


@cache
def _environment() -> StrictEnvironment:
    made = StrictEnvironment(
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

    Raises jinja2.UndefinedError when the template names what the context lacks.
    """
    text: str = _environment().get_template(name).render(cookiecutter=dict(context))
    return text.encode()
