"""`python -m bench`: measure everything and write the report.

Arguments that it does not know go to pytest: `python -m bench -k "sigmoid and float32"`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from bench import claims, report

ROOT = Path(__file__).resolve().parent.parent
PYTEST = (
    "--benchmark-only",
    "--benchmark-quiet",
    "--benchmark-max-time=0.1",
    "--benchmark-disable-gc",
    "--benchmark-warmup=on",
    "--benchmark-warmup-iterations=3",
)


def main() -> None:
    """Run the benchmarks and the claims, and write report.md and report.json."""
    parser = argparse.ArgumentParser(description="measure everything and write the report")
    parser.add_argument("--output", type=Path, default=Path("bench-report"), metavar="FOLDER")
    options, rest = parser.parse_known_args()
    options.output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        measured = Path(folder, "measured.json")
        command = [sys.executable, "-m", "pytest", *PYTEST, f"--benchmark-json={measured}", "bench"]
        status = subprocess.run([*command, *rest], cwd=ROOT, check=False).returncode
        if not measured.exists():  # pytest has said why
            sys.exit(status)
        rows = claims.measure_all()
        found = report.build(measured, rows)
    claims.print_table(rows)
    report.write(found, options.output)
    print(options.output / "report.md")
    sys.exit(status)


if __name__ == "__main__":
    main()
