"""``python -m passgap``: the command line, as torchrun starts it."""

from __future__ import annotations

from passgap.cli import main

if __name__ == "__main__":
    main()
