"""Run a command of this project on a machine that has Python 3.11 or newer and nothing else.

    python3 .ci/bootstrap.py fastact demo
    python3 .ci/bootstrap.py tox -e py

makes the virtual environment `.venv` if need be, installs into it what the command needs (from the
package index that pip is set up for), and runs the command there. No root, no preinstalled pip.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import urllib.parse
import urllib.request
from pathlib import Path
from ssl import _create_unverified_context

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
REQUIREMENTS = {"fastact": ["--editable", f"{ROOT}[demo]"], "tox": ["tox>=4.23"]}
PYTHONS = [(3, minor) for minor in (14, 13, 12, 11)]

# Debian keeps ensurepip in a package of its own. Without it pip comes straight from the index; what
# arrives is checked against this hash, so a machine without CA certificates is served too.
PIP_WHEEL = "pip-25.3-py3-none-any.whl"
PIP_SHA256 = "9655943313a94722b7774661c21049070f6bbb0a1516bf02f7c8d5d9201514cd"


def succeeds(*command: str) -> bool:
    """Tell whether a command is there and exits with 0; hide what it prints."""
    return (
        bool(shutil.which(command[0]))
        and not subprocess.run(command, capture_output=True, check=False).returncode
    )


def find_python() -> str:
    """Return this interpreter if its version will do, else the newest one on PATH that will."""
    if sys.version_info[:2] in PYTHONS:
        return sys.executable
    found = (shutil.which(f"python{major}.{minor}") for major, minor in PYTHONS)
    for python in filter(None, found):
        if succeeds(python, "-c", "import venv"):
            return python
    sys.exit(
        "fastact needs Python 3.11, 3.12, 3.13 or 3.14.\n"
        f"This is Python {sys.version.split()[0]}, and PATH has none of them.\n"
        "On Debian or Ubuntu: apt-get install python3.12 (or 3.11, 3.13, 3.14)"
    )


def fetch_pip(folder: Path) -> Path:
    """Download pip's wheel from the index and check its hash."""
    index = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/") + "/pip/"
    context = _create_unverified_context()  # the hash below is what is trusted
    with urllib.request.urlopen(index, context=context) as page:
        links = re.findall(r'href="([^"]+)"', page.read().decode())
    link = next((link for link in links if PIP_WHEEL in link), None)
    if link is None:
        sys.exit(f"{index} has no {PIP_WHEEL}. Install python3-venv and try again.")
    with urllib.request.urlopen(urllib.parse.urljoin(index, link), context=context) as file:
        content = file.read()
    if hashlib.sha256(content).hexdigest() != PIP_SHA256:
        sys.exit(f"{PIP_WHEEL} from {index} does not have the expected hash.")
    wheel = folder / PIP_WHEEL
    wheel.write_bytes(content)
    return wheel


def make_venv() -> None:
    """Make `.venv` with pip in it."""
    python = find_python()
    if succeeds(python, "-c", "import ensurepip"):
        subprocess.run([python, "-m", "venv", VENV], check=True)
        return
    subprocess.run([python, "-m", "venv", "--without-pip", VENV], check=True)
    wheel = fetch_pip(VENV)
    subprocess.run(
        [VENV_PYTHON, wheel / "pip", "install", "--quiet", "--no-index", wheel], check=True
    )


def install(tool: str) -> None:
    """Install what `tool` needs, unless that was done for these very project files."""
    wanted = hashlib.sha256((ROOT / "pyproject.toml").read_bytes() + Path(__file__).read_bytes())
    stamp = VENV / f"{tool}.installed"
    if stamp.exists() and stamp.read_text() == wanted.hexdigest():
        return
    print(f"installing {tool} into {VENV}", file=sys.stderr, flush=True)
    pip = [VENV_PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *REQUIREMENTS[tool]], check=True)
    stamp.write_text(wanted.hexdigest())


def main() -> None:
    """Prepare `.venv` and become the command."""
    tool = sys.argv[1] if len(sys.argv) > 1 else ""
    if tool not in REQUIREMENTS:
        sys.exit(f"usage: python3 .ci/bootstrap.py {{{','.join(REQUIREMENTS)}}} [argument ...]")
    try:
        if not succeeds(str(VENV_PYTHON), "-m", "pip", "--version"):
            make_venv()
        install(tool)
    except subprocess.CalledProcessError as error:
        sys.exit(f"failed with status {error.returncode}: {' '.join(map(str, error.cmd))}")
    except OSError as error:  # no network, disk full
        sys.exit(f"cannot prepare {VENV}: {error}")
    os.execv(VENV / "bin" / tool, sys.argv[1:])


if __name__ == "__main__":
    main()
