"""``python -m gezhi``: the command line."""

from gezhi.config.cli import main

if __name__ == "__main__":
    main()
