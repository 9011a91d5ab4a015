"""A TCP proxy on 127.0.0.1 that holds back what the server answers: PORT SERVER_PORT MILLISECONDS."""

import asyncio
import collections
import sys


class Side(asyncio.Protocol):
    """One of the two connections of a pair: what it receives leaves by the other, `delay` later."""

    def __init__(self, delay):
        self.delay = delay
        self.held = collections.deque()
        self.transport = None
        self.other = None

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.held.append(data)
        asyncio.get_running_loop().call_later(self.delay, self._release)

    def connection_lost(self, _):
        self.other.transport.close()

    # Timers of one instant fire in any order; the bytes keep theirs.
    def _release(self):
        self.other.transport.write(self.held.popleft())


class ClientSide(Side):
    def __init__(self, server_port, answers_delay):
        super().__init__(0)
        self.server_port = server_port
        self.other = Side(answers_delay)
        self.other.other = self

    def connection_made(self, transport):
        super().connection_made(transport)
        transport.pause_reading()
        self.task = asyncio.get_running_loop().create_task(self._connect())

    async def _connect(self):
        await asyncio.get_running_loop().create_connection(
            lambda: self.other, "127.0.0.1", self.server_port)
        self.transport.resume_reading()


async def serve(port, server_port, delay):
    server = await asyncio.get_running_loop().create_server(
        lambda: ClientSide(server_port, delay), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]) / 1000))
