"""CSV into a table of PostgreSQL, chunk by chunk: python pandas_load.py <csv> <url>."""

import sys

import pandas as pd
from sqlalchemy import create_engine

from measured import measured

csv, url = sys.argv[1:3]


def load() -> int:
    engine = create_engine(url.replace("postgres://", "postgresql+psycopg2://", 1))
    rows = 0
    for chunk in pd.read_csv(csv, parse_dates=["at"], iterator=True, chunksize=100_000):
        chunk.to_sql("bench_rows", engine, if_exists="append", index=False)
        rows += len(chunk)
    return rows


measured(load)
