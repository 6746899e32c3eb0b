"""`parvis COMMAND`: each command is one file here with NAME, HELP, add_arguments and run."""

import argparse
import importlib
import os
import pkgutil
import sys
from types import ModuleType

from parvis.conf.options import OptionWrong
from parvis.core.errors import FileNotUnderstood, ParvisError
from parvis.core.wording import Text


def commands() -> dict[str, ModuleType]:
    """Every command module by the word that calls it."""
    modules = (importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    return {
        module.NAME: module for module in sorted(modules, key=lambda module: module.NAME) if hasattr(module, "NAME")
    }


def language() -> str:
    """The language of the terminal, as a BCP 47 tag."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if tag := os.environ.get(name):
            return tag.split(".")[0].replace("_", "-")
    return "en"


def say(text: Text) -> None:
    """A sentence beside the output, which stays for other programs."""
    print(f"parvis: {text.in_language(language())}", file=sys.stderr)


def unread(name: str, error: Exception) -> FileNotUnderstood:
    """For a file that could not be read, in the words of the system."""
    return FileNotUnderstood(name=name, detail=getattr(error, "strerror", None) or type(error).__name__)


def main(arguments: list[str] | None = None) -> int:
    """Exit code: 0 good, 1 nothing found or not valid, 2 a bad call."""
    parser = argparse.ArgumentParser(prog="parvis")
    choices = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module in commands().items():
        help_text: Text = module.HELP
        command = choices.add_parser(
            name, help=help_text.in_language(language()), description=help_text.in_language(language())
        )
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    chosen = parser.parse_args(arguments)
    try:
        code: int = chosen.run(chosen)
    except ParvisError as error:
        say(error.text)
        return 2
    except OptionWrong as error:
        print(f"parvis: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    return code


def open_django() -> None:
    """For the commands that need the database."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "parvis.conf.settings")
    django.setup()
