"""The typer application: its commands, `--version`, and one line for whatever goes wrong."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

import fastact as fa
from fastact.cli import bench
from fastact.cli.demo import demo
from fastact.cli.info import info
from fastact.cli.plot import plot
from fastact.cli.report import CommandError, flowing, unknown
from fastact.cli.verify import verify
from fastact.cli.warmup import warmup

# Typer depends on click or, in newer releases, contains it: this is its UsageError in both.
USAGE_ERROR: type[Any] = typer.BadParameter.__mro__[1]


class Group(TyperGroup):
    """Names the nearest command when there is none of that name."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that the first argument names."""
        if args[0] not in self.commands:
            raise unknown("command", args[0], self.commands)
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=Group,
    add_completion=False,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (demo, info, plot, verify, warmup):
    app.command(help=flowing(command))(command)
app.add_typer(bench.group, name="bench")


def show_version(wanted: bool) -> None:
    """Write the version and end."""
    if wanted:
        sys.stdout.write(f"fastact {fa.__version__}\n")
        raise typer.Exit


@app.callback()
def fastact(
    context: typer.Context,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Activation functions, their derivatives and backward passes on CPUs."""
    if context.invoked_subcommand is None:
        sys.stdout.write(context.get_help())


def run() -> int:
    """Run the command that `sys.argv` names and return its exit status."""
    try:
        status = get_command(app).main(prog_name="fastact", standalone_mode=False)
    except CommandError as error:
        return _complain(str(error), error.status)
    except USAGE_ERROR as error:
        return _complain(error.format_message(), error.exit_code)
    except typer.Abort as error:
        raise KeyboardInterrupt from error
    return status or 0


def _complain(message: str, status: int) -> int:
    sys.stderr.write(f"fastact: {' '.join(message.split())}\n")
    return status
