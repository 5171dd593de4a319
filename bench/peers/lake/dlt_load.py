"""CSV into Parquet files in a directory, as dlt's documentation loads files: python dlt_load.py <csv> <directory>."""

import os
import sys

csv, directory = sys.argv[1:3]
os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")
os.environ["DLT_DATA_DIR"] = os.path.join(directory, "dlt")

import dlt
from dlt.sources.filesystem import filesystem, read_csv

from measured import measured


def load() -> int:
    files = filesystem(bucket_url=os.path.dirname(csv), file_glob=os.path.basename(csv))
    pipeline = dlt.pipeline(
        pipeline_name="bench",
        pipelines_dir=os.path.join(directory, "pipelines"),
        destination=dlt.destinations.filesystem(os.path.join(directory, "lake")),
        dataset_name="bench",
    )
    pipeline.run((files | read_csv()).with_name("rows"), loader_file_format="parquet")
    return pipeline.last_trace.last_normalize_info.row_counts["rows"]


measured(load)
