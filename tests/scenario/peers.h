// What a scenario moves through the relay, and the peers at its far side: TCP listeners, UDP
// sockets, bytes that show when one is lost, doubled or out of place.
#pragma once

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "server/base/address.h"
#include "server/net/fd.h"
#include "tests/support/client_connection.h"
#include "tests/support/turn_client.h"

namespace culvert::testing {

// `size` bytes that look random and are the same for the same `seed`; no piece of them repeats.
std::vector<uint8_t> Pattern(size_t size, uint64_t seed = 1);

// A peer that waits for TCP connections on 127.0.0.1.
class PeerListener {
 public:
  explicit PeerListener(int backlog = 512);
  const Endpoint& address() const { return address_; }
  // The next connection and where it came from.
  ClientResult<ClientConnection> Accept();
  const Endpoint& last_source() const { return source_; }
  // Nobody listens any more: connecting is refused.
  void Close() { fd_.Close(); }

 private:
  net::Fd fd_;
  Endpoint address_;
  Endpoint source_;
};

// A peer that has one UDP socket on 127.0.0.1.
class UdpPeer {
 public:
  UdpPeer();
  const Endpoint& address() const { return address_; }
  void Send(const Endpoint& to, ByteView data);
  struct Datagram {
    bool arrived = false;
    Endpoint from{};
    std::vector<uint8_t> data{};
    std::string text() const { return {data.begin(), data.end()}; }
  };
  Datagram Receive(milliseconds timeout);
  int fd() const { return fd_.get(); }

 private:
  net::Fd fd_;
  Endpoint address_;
};

// All that comes until the stream ends, and how it ended.
struct StreamRest {
  std::vector<uint8_t> bytes;
  ClientFailure end;
};
StreamRest ReadToEnd(ClientConnection& stream);

// Reads as many bytes as `expected` has; empty text when they are the same, else what differs.
std::string Difference(ClientConnection& stream, ByteView expected);
std::string Difference(ByteView got, ByteView expected);

// Sends on a thread of its own, so that both ends of a stream can be busy at once. Over TLS nobody
// else uses `stream` before Finish, also not to read: a TLS session is one thread's at a time.
class BackgroundSend {
 public:
  BackgroundSend(ClientConnection& stream, ByteView bytes);
  ~BackgroundSend() { Finish(); }
  // Waits until everything is sent; false when it could not be.
  bool Finish();

 private:
  bool sent_ = false;
  std::thread thread_;
};

// A client's allocation with one connection to a peer, from the client's data connection through
// the relay to the peer's socket.
struct Path {
  ClientConnection client;
  ClientConnection peer;
};
// Connects `control`'s TCP allocation to `listener` and binds it.
ClientResult<Path> OpenPath(TurnClient& control, PeerListener& listener);

}  // namespace culvert::testing
