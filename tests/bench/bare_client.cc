#include "tests/bench/bare_client.h"

#include "tests/bench/bare_protocol.h"

namespace culvert::bench {
namespace {

using testing::ClientConnection;
using testing::ClientError;
using testing::ClientFailure;
using testing::ClientResult;

constexpr milliseconds kTimeout = seconds(5);

ClientResult<Ok> ReceiveHello(ClientConnection& connection, Hello& hello) {
  if (connection.is_stream()) return connection.ReceiveAll(hello, kTimeout);
  const auto size = connection.Receive(hello, kTimeout);
  if (!size) return Failure{size.error()};
  return Ok{};
}

}  // namespace

ClientResult<Endpoint> OpenBarePath(ClientConnection& connection, const Endpoint& peer) {
  const Hello question = MakeHello(peer);
  if (const auto sent = connection.Send(question, kTimeout); !sent) return Failure{sent.error()};
  Hello answer{};
  if (const auto got = ReceiveHello(connection, answer); !got) return Failure{got.error()};
  const auto relayed = ParseHello(answer);
  if (!relayed) return Failure{ClientError{ClientFailure::kMalformed, 0, "no hello"}};
  return *relayed;
}

ClientResult<Ok> GreetBare(ClientConnection& connection) {
  const auto answered = OpenBarePath(connection, Endpoint(IpAddress::V4(0, 0, 0, 0), 0));
  if (!answered) return Failure{answered.error()};
  return Ok{};
}

}  // namespace culvert::bench
