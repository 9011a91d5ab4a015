"""Who takes part in a comparison: how each is configured and started, and what work it does."""

import os

USER = "bench"
PASSWORD = "bench"
REALM = "bench.example"

# One file for both relays: Culvert reads coturn's options. Further lines follow.
RELAY = """listening-ip=127.0.0.1
relay-ip=127.0.0.1
listening-port={plain}
tls-listening-port={tls}
lt-cred-mech
realm={realm}
user={user}:{password}
cert={folder}/cert.pem
pkey={folder}/key.pem
allow-loopback-peers
relay-threads={threads}
no-dtls
"""

NGINX = """load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off;
master_process off;
worker_processes 1;
pid {folder}/pid;
error_log stderr error;
events {{ worker_connections 4096; }}
stream {{
  server {{
    listen 127.0.0.1:{tls_stream} ssl backlog=1024;
    ssl_certificate {folder}/cert.pem;
    ssl_certificate_key {folder}/key.pem;
    ssl_protocols TLSv1.2 TLSv1.3;
    proxy_buffer_size 64k;
    proxy_pass 127.0.0.1:{target};
  }}
}}
"""

HAPROXY = """global
  nbthread 1
  maxconn 4096
  tune.bufsize 65536
defaults
  mode tcp
  retries 0
  timeout connect 5s
  timeout client 1m
  timeout server 1m
listen streams
  bind 127.0.0.1:{tls_stream} ssl crt {folder}/both.pem
  server target 127.0.0.1:{target}
"""


class Contestant:
    """A program that moves bytes. `values` are what a running server knows: ports by name, its
    folder, threads."""

    ports = ("plain", "tls")  # that it listens on as soon as it is ready
    scrapes = False
    bare = False  # speaks bare_protocol.h instead of TURN

    def __init__(self, name, binary, config="", threads=1):
        self.name = name
        self.binary = binary
        self.config = config  # contents of {folder}/server.conf
        self.threads = threads

    def does(self, case):
        return True

    def command(self, values):
        return [self.binary, "-c", values["folder"] + "/server.conf"]

    def load_arguments(self, case, values):
        """How culvert-bench reaches it."""
        name = "tls" if case.transport == "tls" else "plain"
        return [f"--server=127.0.0.1:{values[name]}", f"--user={USER}", f"--password={PASSWORD}"]


class Culvert(Contestant):
    def __init__(self, binary, extra=(), threads=1, name="culvert", scrapes=True):
        own = ["admin-address=127.0.0.1:{admin}" if scrapes else "no-admin"]
        super().__init__(name, binary, RELAY + lines(own + list(extra)), threads)
        self.scrapes = scrapes


class Coturn(Contestant):
    def __init__(self, binary="turnserver", extra=(), threads=1):
        own = ["no-cli", "cli-password=unused", "simple-log", "userdb={folder}/turndb",
               "pidfile={folder}/pid", "log-file=stdout"]
        super().__init__("coturn", binary, RELAY + lines(own + list(extra)), threads)


class Bare(Contestant):
    """Speaks no TURN: streams have ports of their own and come out at the one target."""

    bare = True

    def does(self, case):
        return not case.redis_users  # knows no users

    def load_arguments(self, case, values):
        name = ("tls" if case.transport == "tls" else "plain")
        if case.streams:
            name += "_stream"
        return [f"--server=127.0.0.1:{values[name]}", "--protocol=bare",
                f"--peer=127.0.0.1:{values['target']}"]


class Forwarder(Bare):
    def __init__(self, binary):
        super().__init__("limit", binary)

    def command(self, values):
        options = {"port": values["plain"], "tls-port": values["tls"],
                   "stream-port": values["plain_stream"], "tls-stream-port": values["tls_stream"],
                   "peer": f"127.0.0.1:{values['target']}",
                   "cert": values["folder"] + "/cert.pem", "pkey": values["folder"] + "/key.pem"}
        return [self.binary] + [f"--{name}={value}" for name, value in options.items()]


class Uring(Bare):
    """The forwarder's UDP media on io_uring."""

    ports = ("plain",)

    def __init__(self, binary):
        super().__init__("uring", binary)

    def does(self, case):
        return case.transport == "udp" and "--work=media" in case.arguments

    def command(self, values):
        return [self.binary, f"--port={values['plain']}"]


class Proxy(Bare):
    """Ends TLS of byte streams."""

    ports = ("tls_stream",)

    def does(self, case):
        return case.streams and case.transport == "tls"


class Nginx(Proxy):
    def __init__(self, binary="nginx"):
        super().__init__("nginx", binary, NGINX)

    def command(self, values):
        return super().command(values) + ["-p", values["folder"]]


class Haproxy(Proxy):
    def __init__(self, binary="haproxy"):
        super().__init__("haproxy", binary, HAPROXY)

    def command(self, values):
        return [self.binary, "-db", "-f", values["folder"] + "/server.conf"]


def lines(each):
    return "".join(line + "\n" for line in each)


def chosen(arguments):
    """The contestants that compare.py's arguments ask for, Culvert first."""
    culvert = os.path.abspath(arguments.culvert)
    own = {"extra": arguments.culvert_option, "scrapes": arguments.scrape}
    if arguments.workers:
        return [Culvert(culvert, **own),
                Culvert(culvert, **own, threads=arguments.workers, name="workers")]
    everyone = [Culvert(culvert, **own, threads=arguments.threads)]
    if arguments.coturn != "none":
        everyone.append(Coturn(arguments.coturn, arguments.coturn_option, arguments.threads))
    if arguments.limit != "none":
        everyone.append(Forwarder(os.path.abspath(arguments.limit)))
    if arguments.uring:
        everyone.append(Uring(os.path.abspath(arguments.uring)))
    if arguments.proxies:
        everyone += [Nginx(), Haproxy()]
    return everyone
