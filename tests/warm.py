"""A `headcensus` for the tests of DVC that does not import everything anew for each stage.

A server imports the libraries once and forks for each command; on the PATH stands a small client of
it by the same name. What runs is the real command line, in a process of its own, in DVC's folder.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

CLIENT = """#!{python} -S
import os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    words = "\\0".join([os.getcwd(), *sys.argv[1:]]).encode()
    socket.send_fds(server, [words], [1, 2])
    sys.exit(server.recv(1)[0])
"""
SERVER = """
import gc, os, socket, sys
import hydra, matplotlib.figure, polars, scipy.stats, torch, transformers, datasets
from pipeline.stages import atlas, cli, measure
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
gc.freeze()
print("ready", flush=True)
while True:
    client, _ = listener.accept()
    words, fds, _, _ = socket.recv_fds(client, 1 << 16, 2)
    child = os.fork()
    if not child:
        for number, fd in enumerate(fds, start=1):
            os.dup2(fd, number)
        folder, *words = words.decode().split("\\0")
        os.chdir(folder)
        code = 1
        try:
            code = cli.main(words)
        except SystemExit as stop:
            code = int(stop.code or 0)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    client.send(bytes([code if code >= 0 else 128 - code]))
    client.close()
    for fd in fds:
        os.close(fd)
"""


@contextlib.contextmanager
def headcensus(code: Path, python: Path | str = sys.executable) -> Iterator[Path]:
    """The folder of a client whose server runs the code below `code`, by that `python`."""
    # The path of a socket may have a hundred signs, no more.
    with tempfile.TemporaryDirectory() as folder:
        address = f"{folder}/socket"
        client = Path(folder) / "bin/headcensus"
        client.parent.mkdir()
        client.write_text(CLIENT.format(python=python, address=address), encoding="utf-8")
        client.chmod(0o755)
        server = subprocess.Popen(
            [str(python), "-c", SERVER, address],
            cwd=code,
            env={**os.environ, "PYTHONPATH": str(code), "OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
        )
        try:
            assert server.stdout is not None
            assert server.stdout.readline() == b"ready\n"
            yield client.parent
        finally:
            server.kill()
            server.wait()
            server.stdout.close()
