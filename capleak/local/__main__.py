"""`python -m capleak.local`: see `--help`."""

import argparse
import signal
import sys

from capleak.local.folders import CannotStartError
from capleak.local.run import lend, manage, run


def main() -> int:
    """The exit code: 0, 1 when something is in the way, or that of the command."""
    parser = argparse.ArgumentParser(
        prog="python -m capleak.local", description=__doc__
    )
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("run", help="serve until Ctrl-C")
    serve.add_argument(
        "--with-parent", action="store_true", help="also stop when the caller ends"
    )
    borrow = commands.add_parser(
        "services", help="run a command with a PostgreSQL and a Redis of its own"
    )
    borrow.add_argument("argv", nargs=argparse.REMAINDER, metavar="-- COMMAND")
    on_data = commands.add_parser("manage", help="manage.py on the data of `run`")
    on_data.add_argument("argv", nargs=argparse.REMAINDER, metavar="ARGUMENTS")
    given = parser.parse_args()
    try:
        match given.command:
            case "run":
                run(with_parent=given.with_parent)
                return 0
            case "services":
                argv = given.argv[1:] if given.argv[:1] == ["--"] else given.argv
                if not argv:
                    borrow.error("a command is needed after --")
                return lend(argv)
            case _:
                return manage(given.argv)
    except CannotStartError as obstacle:
        sys.stderr.write(f"{obstacle}\n")
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main())
