"""Training without Kedro or MLflow: python -m anime_gen.stylegan2 train --help."""

import sys

from anime_gen.stylegan2.training.command_line import main

if __name__ == "__main__":
    sys.exit(main())
