// Requests and answers byte by byte, for what a well-behaved client never does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/client_connection.h"
#include "tests/support/turn_client.h"
#include "tests/support/turn_request.h"

namespace culvert::testing {

// An answer, taken apart. `code` is 0 for success, -1 when no whole message came.
struct RawAnswer {
  int code = -1;
  std::string nonce{};
  std::string realm{};
  std::vector<uint8_t> bytes{};
};
// Reads exactly one STUN message from a stream, and no byte behind it.
RawAnswer ReadAnswer(ClientConnection& stream);

// The next message from the relay, STUN or ChannelData with its padding, as it lies on the wire;
// empty when none came.
std::vector<uint8_t> ReadMessage(ClientConnection& connection);

// ConnectionBind for `id` with the user, realm and nonce of `credentials`.
std::vector<uint8_t> BindRequest(const ClientCredentials& credentials, uint32_t id);
std::vector<uint8_t> UnsignedBind(uint32_t id);

// Sends `bytes` one at a time, each in a segment (on TLS: in a record) of its own.
bool SendInSingleBytes(ClientConnection& stream, ByteView bytes);

inline std::vector<uint8_t> Joined(ByteView a, ByteView b) {
  std::vector<uint8_t> both(a.begin(), a.end());
  both.insert(both.end(), b.begin(), b.end());
  return both;
}

}  // namespace culvert::testing
