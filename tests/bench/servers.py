"""The two servers of a comparison: started alike, on free ports of 127.0.0.1, pinned to one CPU."""

import os
import random
import shutil
import socket
import subprocess
import tempfile
import time

USER = "bench"
PASSWORD = "bench"
START_SECONDS = 10
PORTS = range(12000, 32000)

# One file for both: Culvert reads coturn's options. What only one of them knows stands in `extra`.
CONFIG = """listening-ip=127.0.0.1
relay-ip=127.0.0.1
listening-port={plain_port}
tls-listening-port={tls_port}
lt-cred-mech
realm=bench.example
user={user}:{password}
cert={folder}/cert.pem
pkey={folder}/key.pem
allow-loopback-peers
relay-threads={threads}
no-dtls
"""


class ServerKind:
    """How one kind of server is started."""

    def __init__(self, name, binary, extra):
        self.name = name
        self.binary = binary
        self.extra = list(extra)  # further lines of its configuration


def culvert(binary, extra=()):
    return ServerKind("culvert", binary, ["no-admin", *extra])


def coturn(binary="turnserver", extra=()):
    own = ["no-cli", "cli-password=unused", "simple-log", "userdb={folder}/turndb",
           "pidfile={folder}/pid", "log-file=stdout"]
    return ServerKind("coturn", binary, own + list(extra))


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


def make_certificate(folder):
    # RSA as most operators have it; its handshake costs the server far more than the generator.
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-keyout", folder + "/key.pem", "-out", folder + "/cert.pem"],
        check=True, stderr=subprocess.DEVNULL)


class RunningServer:
    """A server as a context: ready when entered, gone when left."""

    def __init__(self, kind, cpu, threads):
        self.kind = kind
        self.cpu = cpu
        self.threads = threads

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="culvert-bench-")
        make_certificate(self.folder)
        self.plain_port, self.tls_port = free_ports(2)
        config = self.folder + "/server.conf"
        with open(config, "w", encoding="ascii") as file:
            file.write(self._config())
        with open(self.folder + "/log", "wb") as log:
            self.process = subprocess.Popen(
                [self.kind.binary, "-c", config], stdout=log, stderr=log, cwd=self.folder,
                preexec_fn=self._pin)
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
        return None if code is None else f"{self.kind.name} ended with {code}:\n{self._log()}"

    def port(self, transport):
        return self.tls_port if transport == "tls" else self.plain_port

    def _pin(self):
        if self.cpu is not None:
            os.sched_setaffinity(0, {self.cpu})

    def _config(self):
        values = {"folder": self.folder, "plain_port": self.plain_port, "tls_port": self.tls_port,
                  "user": USER, "password": PASSWORD, "threads": self.threads}
        lines = CONFIG + "".join(line + "\n" for line in self.kind.extra)
        return lines.format(**values)

    def _wait_until_ready(self):
        deadline = time.monotonic() + START_SECONDS
        for port in (self.plain_port, self.tls_port):
            while True:
                if self.process.poll() is not None:
                    raise RuntimeError(f"{self.kind.name} ended at once:\n{self._log()}")
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    if time.monotonic() > deadline:
                        raise RuntimeError(f"{self.kind.name} does not listen:\n{self._log()}")
                    time.sleep(0.05)

    def _log(self):
        with open(self.folder + "/log", encoding="utf-8", errors="replace") as file:
            return file.read()[-2000:]
