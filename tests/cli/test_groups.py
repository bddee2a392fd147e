"""Groups of commands: a file is loaded when its command is named; what packages add is listed."""

import subprocess
import sys

from passgap.cli.groups import Group, Loaded

TABLE = {"Data": {"check": "What is wrong with the data"}}


class Tools(Group):
    package = "passgap.cli"
    about = "A few."
    sections = TABLE
    hidden_commands = ("merge",)


def test_help_lists_the_table_and_what_was_added_to_it():
    tools = Tools.made("tools")
    shown = tools.make_context("tools", [], resilient_parsing=True).get_help()
    assert "  check  What is wrong with the data\n" in shown
    assert "merge" not in shown
    assert "Added" not in shown
    tools.commands = Loaded("passgap.cli", ("check", "merge", "audit"))
    shown = tools.make_context("tools", [], resilient_parsing=True).get_help()
    assert "\n  audit  From an installed package\n" in shown


def test_the_top_of_help_loads_no_command():
    code = "import sys; from passgap.cli import main\ntry: main()\nfinally: print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code, "--help"], capture_output=True, text=True)
    loaded = set(done.stdout.split())
    assert "passgap.cli.groups" in loaded
    assert not {"passgap.cli.compare", "passgap.cli.command", "numpy", "rich"} & loaded
