"""Run the command line: `python3 -m testcluster`."""

import sys

from testcluster.cli import main

sys.exit(main(sys.argv[1:]))
