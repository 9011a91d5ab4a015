"""A real Redis with users in it, and with every answer delayed: as if it were far away."""

import hashlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

PROXY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "delaying_proxy.py")
START_SECONDS = 10


def _command(*words):
    parts = [f"*{len(words)}\r\n"] + [f"${len(word)}\r\n{word}\r\n" for word in words]
    return "".join(parts).encode("ascii")


class SlowRedis:
    """As a context: `port` is where it answers late by `delay_ms` milliseconds. The users are named
    user0, user1 and so on, in coturn's layout, which both relays read."""

    def __init__(self, users, delay_ms, realm, password, ports, cpu):
        self.users, self.delay_ms = users, delay_ms
        self.realm, self.password = realm, password
        self.own_port, self.port = ports
        self.cpu = cpu
        self.processes = []

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="culvert-bench-redis-")
        try:
            self._start("redis-server", "--bind", "127.0.0.1", "--port", str(self.own_port),
                        "--save", "", "--dir", self.folder)
            with self._connect(self.own_port) as redis:
                self._write_users(redis)
            self._start(sys.executable, PROXY, str(self.port), str(self.own_port),
                        str(self.delay_ms))
            self._connect(self.port).close()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
            process.wait()
        shutil.rmtree(self.folder)

    def _start(self, *command):
        self.processes.append(subprocess.Popen(
            command, stdout=subprocess.DEVNULL, cwd=self.folder,
            preexec_fn=lambda: self.cpu is None or os.sched_setaffinity(0, {self.cpu})))

    def _connect(self, port):
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                return socket.create_connection(("127.0.0.1", port), timeout=START_SECONDS)
            except OSError:
                if time.monotonic() > deadline or self.processes[-1].poll() is not None:
                    raise
                time.sleep(0.05)

    def _write_users(self, redis):
        names = [f"user{number}" for number in range(self.users)]
        for name in names:
            key = hashlib.md5(f"{name}:{self.realm}:{self.password}".encode("ascii")).hexdigest()
            redis.sendall(_command("SET", f"turn/realm/{self.realm}/user/{name}/key", key))
        expected = b"+OK\r\n" * len(names)
        with redis.makefile("rb") as answers:
            if answers.read(len(expected)) != expected:
                raise RuntimeError("Redis did not take the users")
