"""The command group that takes a study in place of a command: `align-tui mta.toml --repeat 3`."""

# No `from __future__ import annotations`: see app.py.

from pathlib import Path
from typing import Any

from typer.core import TyperGroup

METAVAR = "[STUDY | COMMAND [ARGS]...]"


class StudyGroup(TyperGroup):
    """Passes a first word that is not a command to `--study`, with the options after it."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments. A name of both a command and a study means the command."""
        if not ctx.resilient_parsing:
            args = self._with_study(ctx, args)
        return super().parse_args(ctx, args)

    def _with_study(self, ctx: Any, args: list[str]) -> list[str]:
        rest = self._after_options(ctx, args)
        if not rest or rest[0] in self.commands:
            return args
        options = [*args[: len(args) - len(rest)], *rest[1:]]
        more = self._after_options(ctx, options)
        if more and more[0] in self.commands:
            ctx.fail(f"Give the command {more[0]!r} first, and {rest[0]!r} after it.")
        if more:
            self._require_study(ctx, rest[0])
            ctx.fail(f"The screen opens one study: leave out {more[0]!r}.")
        return [f"--study={rest[0]}", *options]

    def _require_study(self, ctx: Any, name: str) -> None:
        """Raise ConfigError if the word is neither a file nor a known study."""
        path = Path(name)
        if not path.is_file():
            from align_tui.studies.library import find_study

            find_study(path, list(self.commands))

    def _after_options(self, ctx: Any, args: list[str]) -> list[str]:
        """The first word that belongs to no option, and all that follows it."""
        _, rest, _ = self.make_parser(ctx).parse_args(args=list(args))
        return list(rest)


def command_names(context: Any) -> list[str]:
    """The names of the commands of the group that the context belongs to."""
    return list(context.command.commands)
