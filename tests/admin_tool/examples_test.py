#!/usr/bin/env python3
"""Every command of docs/culvert-admin.md does what it says there: it ends with status 0.

Usage: examples_test.py CULVERT_ADMIN PAGE. The commands run in their order, in an empty folder, with a
Redis of their own, at a terminal where somebody types the same password whenever one is asked for.
"""
import os
import pty
import shlex
import subprocess
import sys
import tempfile
import time

PASSWORD = b"wonderland\n"
# What is not for this test: how the tool is built, where Redis is, and what Redis itself is told.
PASSED_OVER = ("bazel ", "install ", "export ", "ACL ")


def commands(page):
    with open(page, encoding="utf-8") as file:
        lines = [line[4:].rstrip("\n") for line in file if line.startswith("    ")]
    return [line for line in lines if not line.startswith(PASSED_OVER)]


def run(command):
    """The status and what the terminal showed."""
    child, terminal = pty.fork()
    if child == 0:
        os.execvp("bash", ["bash", "-c", command])
    shown = b""
    while True:
        try:
            some = os.read(terminal, 4096)
        except OSError:  # the other end is gone
            break
        if not some:
            break
        shown += some
        if shown.endswith(b": "):
            os.write(terminal, PASSWORD)
            shown += b"\n"
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), shown.decode()


def start_redis(folder):
    path = os.path.join(folder, "redis.sock")
    server = subprocess.Popen(
        ["redis-server", "--port", "0", "--unixsocket", path, "--save", "", "--dir", folder],
        stdout=subprocess.DEVNULL)
    give_up = time.monotonic() + 20
    while subprocess.run(["redis-cli", "-s", path, "ping"], capture_output=True,
                         check=False).stdout != b"PONG\n":
        if time.monotonic() > give_up:
            sys.exit("redis-server does not answer")
    return server, f"path={path} dbname=0"


def main():
    admin, page = (os.path.abspath(argument) for argument in sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder:
        server, redis = start_redis(folder)
        os.environ["CULVERT_REDIS"] = redis
        # The page's name of the program.
        os.symlink(admin, os.path.join(folder, "culvert-admin"))
        os.environ["PATH"] = folder + ":" + os.environ["PATH"]
        os.mkdir(os.path.join(folder, "work"))
        os.chdir(os.path.join(folder, "work"))
        with open("turnserver.conf", "w", encoding="utf-8") as file:
            file.write(f'redis-userdb="{redis}"\n')
        mistakes = 0
        lines = commands(page)
        for line in lines:
            status, shown = run(line)
            if "wonderland" in shown and "--plain" not in line:
                status = f"{status}, and it showed the password"
            if status != 0:
                mistakes += 1
                print(f"{line}\n  status {status}: {shown}")
        server.terminate()
        server.wait()
    print(f"{len(lines)} commands, {mistakes} went wrong")
    if not any(shlex.split(line)[0] == "culvert-admin" for line in lines):
        sys.exit("no command was found")
    sys.exit(1 if mistakes else 0)


main()
