import json
import resource
import sys
import time
from typing import Callable


def measured(load: Callable[[], int]) -> None:
    """Runs it, and tells rows, seconds and the most memory of the process in bytes as the last line."""
    begin = time.perf_counter()
    rows = load()
    seconds = time.perf_counter() - begin
    # Kilobytes, but for macOS.
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    print(json.dumps({"rows": rows, "seconds": seconds, "peak": peak}))
