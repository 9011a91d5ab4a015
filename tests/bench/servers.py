"""Servers of a comparison: started alike, on free ports of 127.0.0.1, pinned to one CPU."""

import contextlib
import os
import random
import resource
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request

import contestants
import slow_redis

START_SECONDS = 10
PORTS = range(12000, 32000)
PORT_NAMES = ("plain", "tls", "plain_stream", "tls_stream", "target", "admin")
# Behind this Redis is the subscribers' database, or the other data centre.
REDIS_DELAY_MS = 10


def free_ports(count):
    """Ports that are free for TCP and UDP both, below those that the kernel hands out by itself: a
    peer's socket that happened to get a listener's number would be refused as a peer."""
    ports = []
    for port in random.sample(PORTS, len(PORTS)):
        if is_free(port):
            ports.append(port)
        if len(ports) == count:
            return ports
    raise RuntimeError("no free ports")


def is_free(port):
    try:
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            with socket.socket(socket.AF_INET, kind) as probe:
                probe.bind(("127.0.0.1", port))
        return True
    except OSError:
        return False


class Certificate:
    """One certificate for all servers of a comparison, as a context."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="culvert-bench-cert-")
        # RSA as most operators have it; its handshake costs the server far more than the generator.
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
             "-subj", "/CN=localhost", "-keyout", self.folder + "/key.pem",
             "-out", self.folder + "/cert.pem"], check=True, stderr=subprocess.DEVNULL)
        with open(self.folder + "/both.pem", "wb") as both:
            for name in ("cert.pem", "key.pem"):
                with open(f"{self.folder}/{name}", "rb") as part:
                    both.write(part.read())
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder)

    def copy_to(self, folder):
        for name in ("cert.pem", "key.pem", "both.pem"):
            shutil.copy(f"{self.folder}/{name}", folder)


def users_in_redis(case, cpu):
    """The Redis of a case, as a context; one that does nothing for a case without."""
    if not case.redis_users:
        return contextlib.nullcontext()
    return slow_redis.SlowRedis(case.redis_users, REDIS_DELAY_MS, contestants.REALM,
                                contestants.PASSWORD, free_ports(2), cpu)


class RunningServer:
    """A server as a context: ready when entered, gone when left. `redis` is where further users
    are, or None."""

    def __init__(self, contestant, certificate, cpu, redis=None):
        self.contestant = contestant
        self.config = contestant.config
        if redis:
            self.config += f'redis-userdb="ip=127.0.0.1 dbname=0 port={redis.port}"\n'
        self.certificate = certificate
        self.cpu = cpu
        self.values = {"threads": contestant.threads, "user": contestants.USER,
                       "password": contestants.PASSWORD, "realm": contestants.REALM}

    def __enter__(self):
        self.folder = self.values["folder"] = tempfile.mkdtemp(prefix="culvert-bench-")
        self.certificate.copy_to(self.folder)
        self.values.update(zip(PORT_NAMES, free_ports(len(PORT_NAMES))))
        with open(self.folder + "/server.conf", "w", encoding="ascii") as file:
            file.write(self.config.format(**self.values))
        with open(self.folder + "/log", "wb") as log:
            self.process = subprocess.Popen(self.contestant.command(self.values), stdout=log,
                                            stderr=log, cwd=self.folder, preexec_fn=self._prepare)
        try:
            self._wait_until_ready()
        except Exception:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder)

    @property
    def pid(self):
        return self.process.pid

    def death(self):
        """None while the server runs; else how it ended and its last words."""
        code = self.process.poll()
        if code is None:
            return None
        return f"{self.contestant.name} ended with {code}:\n{self._log()}"

    def _prepare(self):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        if self.cpu is not None:
            os.sched_setaffinity(0, {self.cpu})

    def _wait_until_ready(self):
        deadline = time.monotonic() + START_SECONDS
        for port in (self.values[name] for name in self.contestant.ports):
            while True:
                if self.death():
                    raise RuntimeError(self.death())
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    if time.monotonic() > deadline:
                        raise RuntimeError(
                            f"{self.contestant.name} does not listen:\n{self._log()}")
                    time.sleep(0.05)

    def _log(self):
        with open(self.folder + "/log", encoding="utf-8", errors="replace") as file:
            return file.read()[-2000:]


class Scraper:
    """Fetches a server's metrics every second, as its operator's Prometheus does oftener than most.
    A context that does nothing for a server without metrics."""

    def __init__(self, server):
        self.url = f"http://127.0.0.1:{server.values['admin']}/metrics"
        self.scrapes = server.contestant.scrapes
        self.count = 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._run)

    def __enter__(self):
        if self.scrapes:
            self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        if self.scrapes:
            self.thread.join()

    def read(self, sample):
        """The value of a sample now; None for a server without metrics."""
        if not self.scrapes:
            return None
        with urllib.request.urlopen(self.url, timeout=5) as answer:
            for line in answer.read().decode("ascii").splitlines():
                if line.startswith(sample + " "):
                    return float(line.rsplit(" ", 1)[1])
        raise RuntimeError(f"{self.url} has no {sample}")

    def _run(self):
        while not self.over.wait(1):
            with urllib.request.urlopen(self.url, timeout=5) as answer:
                answer.read()
            self.count += 1
