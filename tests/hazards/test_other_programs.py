"""Servers that fork, and programs that are frozen: the real ones, which `tox -e hazards` has."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.hazards.scripts import ROOT

APPLICATION = """
import os
import numpy as np
import fastact as fa

fa.set_num_threads(2)
x = np.linspace(-3, 3, 2**20, dtype="f4")
z = x.reshape(-1, 2**10)
before = fa.sigmoid(x).tobytes()  # in the process that forks the workers

def application(environ, start_response):
    wrong = [
        fa.sigmoid(x).tobytes() != before,
        not np.allclose(fa.tanh(x), np.tanh(x), rtol=1e-5),  # the first call is a worker's
        not np.allclose(fa.softmax(z).sum(1), 1, rtol=1e-5),
    ]
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{os.getpid()} {wrong}".encode()]
"""
# In uWSGI without --enable-threads no other thread of Python ever runs.
SERVERS = {
    "uwsgi": "uwsgi --master --die-on-term --processes 3 --wsgi-file application.py --http-socket",
    "uwsgi with threads": "uwsgi --master --die-on-term --processes 2 --threads 4 "
    "--wsgi-file application.py --http-socket",
    "gunicorn": "gunicorn --preload --workers 3 --timeout 300 application --bind",
    "gunicorn with gevent": "gunicorn --preload --workers 2 --timeout 300 --worker-class gevent "
    "application --bind",
}


def environment(store: Path) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT), "FASTACT_CACHE_DIR": str(store)}


def ask(address: str) -> bytes:
    connection = http.client.HTTPConnection(address, timeout=300)
    try:
        connection.request("GET", "/")
        return connection.getresponse().read()
    finally:
        connection.close()


def answers(address: str, server: subprocess.Popen, wanted: int) -> set[bytes]:
    """What comes, until so many processes have answered, or a hundred times."""
    found: set[bytes] = set()
    end = time.monotonic() + 300
    while len(found) < wanted and server.poll() is None and time.monotonic() < end:
        try:
            found.add(ask(address))
        except ConnectionRefusedError:  # it has not begun to listen
            time.sleep(0.2)
    return found


@pytest.mark.parametrize("name", SERVERS)
def test_servers_that_fork(name: str, tmp_path: Path) -> None:
    """Workers, forked after the first calls, make others; the server then ends as it should."""
    server = {"uwsgi": "pyuwsgi"}.get(name.split(maxsplit=1)[0], "gunicorn")
    pytest.importorskip(server, reason=f"{server} is of the group `hazards`: tox -e hazards")
    pytest.importorskip("gevent", reason="gevent is of the extra `test`")
    (tmp_path / "application.py").write_text(APPLICATION)
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    words = [*SERVERS[name].split(), address]
    words[0] = str(Path(sys.executable).with_name(words[0]))
    log = tmp_path / "log"
    with log.open("wb") as file:
        server = subprocess.Popen(
            words, cwd=tmp_path, stdout=file, stderr=file, env=environment(tmp_path / "store")
        )
    try:
        found = answers(address, server, 2)
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=60) == 0, log.read_text()
    finally:
        server.kill()
    assert len({answer.split()[0] for answer in found}) >= 2, log.read_text()
    assert {answer.split(maxsplit=1)[1] for answer in found} == {b"[False, False, False]"}
    assert "Traceback" not in log.read_text()


FROZEN = """
import sys
import numpy as np
import fastact as fa

x = np.linspace(-3, 3, 7)
assert np.allclose(fa.sigmoid(x), 1 / (1 + np.exp(-x)))
assert np.allclose(fa.softmax(x), np.exp(x) / np.exp(x).sum())
assert fa.__file__.startswith(sys._MEIPASS)
print("compiled" if "numba" in sys.modules else "loaded")
"""


def test_frozen_program(tmp_path: Path) -> None:
    """PyInstaller finds the hook by itself; code is kept for the second start."""
    pytest.importorskip("PyInstaller", reason="it is of the group `hazards`: tox -e hazards")
    (tmp_path / "program.py").write_text(FROZEN)
    command = [sys.executable, "-m", "PyInstaller", "--log-level", "ERROR", "program.py"]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=900)
    where = {"FASTACT_CACHE_DIR": str(tmp_path / "store"), "FASTACT_QUIET": "1", "HOME": "/"}
    for wanted in ("compiled\n", "loaded\n"):
        done = subprocess.run(
            [tmp_path / "dist" / "program" / "program"],
            env=where, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stdout, done.stderr) == (0, wanted, "")
