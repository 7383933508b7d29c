"""Hold the first step that a test of faults runs on a node, until the fault strikes."""

import os
import sys
import time
from pathlib import Path

held = Path(os.environ.get("CLUSTER_HELD", "/"))
step = "SLURM_JOB_ID" in os.environ and ".snakemake/scripts" in " ".join(sys.orig_argv)
if step and not held.exists():
    held.touch()
    time.sleep(600)
