// A TURN client for tests and for the benchmark: requests as calls that wait for their answer.
//
//     auto client = TurnClient::Connect({.transport = ClientTransport::kTls, .server = server},
//                                       {"alice", "secret"});
//     auto relayed = client->Allocate({});
//     client->ChannelBind(0x4000, peer);
//     client->SendChannelData(0x4000, bytes);
//     auto event = client->NextEvent(seconds(1));
//
// The first 401 teaches it realm and nonce, a 438 the next nonce. Every answer to a request that
// was sent with credentials must be protected with them (RFC 8489 section 9.2.5) or it counts as
// forged. Over UDP requests are sent again until they are answered (section 6.2.1).
//
// Owner and thread: whoever made it; not shared.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "auth/contract.h"
#include "server/stun/builder.h"
#include "server/stun/message.h"
#include "tests/support/client_connection.h"

namespace culvert::testing {

// What a client knows of its user. Realm and nonce are empty until a 401 told them.
struct ClientCredentials {
  std::string username;
  std::string password;
  std::string realm{};
  std::string nonce{};
};

struct AllocateRequest {
  uint8_t transport = stun::kTransportUdp;
  std::optional<uint32_t> lifetime{};  // seconds
  std::optional<uint8_t> family{};     // REQUESTED-ADDRESS-FAMILY
  bool mobile = false;                 // asks for a MOBILITY-TICKET (RFC 8016)
};

struct AllocateAnswer {
  Endpoint relayed;
  Endpoint mapped;
  uint32_t lifetime = 0;  // seconds
  std::vector<uint8_t> mobility_ticket{};
};

// What the server sends without being asked.
struct ChannelDataEvent {
  uint16_t channel;
  std::vector<uint8_t> data;
};
struct DataEvent {
  Endpoint peer;
  std::vector<uint8_t> data;
};
struct ConnectionAttemptEvent {
  Endpoint peer;
  uint32_t connection_id;
};
using ClientEvent = std::variant<ChannelDataEvent, DataEvent, ConnectionAttemptEvent>;

class TurnClient {
 public:
  using AddAttributes = std::function<void(stun::Builder&)>;

  static ClientResult<TurnClient> Connect(const ConnectionSettings& settings,
                                          const ClientCredentials& credentials);

  // How long a request may take, all its repetitions together. 5 seconds unless set.
  void set_timeout(milliseconds timeout) { timeout_ = timeout; }

  ClientResult<AllocateAnswer> Allocate(const AllocateRequest& request);
  // The lifetime that was granted, in seconds. 0 deletes the allocation.
  ClientResult<uint32_t> Refresh(uint32_t lifetime);
  ClientResult<Ok> CreatePermission(std::span<const Endpoint> peers);
  ClientResult<Ok> ChannelBind(uint16_t channel, const Endpoint& peer);
  // RFC 6062 section 4.3; returns the CONNECTION-ID.
  ClientResult<uint32_t> ConnectToPeer(const Endpoint& peer);
  // Opens a data connection with this client's transport, binds it (RFC 6062 section 4.4) and
  // returns it as a raw stream: nothing behind the answer has been read.
  ClientResult<ClientConnection> BindDataConnection(uint32_t connection_id);
  // The same over another way to the server, or to another node.
  ClientResult<ClientConnection> BindDataConnection(uint32_t connection_id,
                                                    const ConnectionSettings& settings);
  // The address that the server sees (Binding).
  ClientResult<Endpoint> MappedAddress();

  // Any request: signed as soon as realm and nonce are known, repeated once with those that a 401
  // or 438 teaches. Returns the success response, whole.
  ClientResult<std::vector<uint8_t>> Transact(stun::Method method, const AddAttributes& add);

  ClientResult<Ok> SendChannelData(uint16_t channel, ByteView data);
  ClientResult<Ok> SendIndication(const Endpoint& peer, ByteView data);
  // The oldest event not handed out yet.
  ClientResult<ClientEvent> NextEvent(milliseconds timeout);

  const ClientCredentials& credentials() const { return credentials_; }
  ClientConnection& connection() { return connection_; }

 private:
  TurnClient(ClientConnection connection, const ConnectionSettings& settings,
             const ClientCredentials& credentials);

  ByteView BuildRequest(MutableBytes buffer, stun::Method method, const AddAttributes& add);
  // One request and its answer, success or error.
  ClientResult<std::vector<uint8_t>> Exchange(ByteView request);
  ClientResult<std::vector<uint8_t>> AwaitAnswer(const stun::TransactionId& id, SteadyTime until);
  // One whole message or ChannelData.
  ClientResult<std::vector<uint8_t>> NextFrame(SteadyTime until);
  ClientResult<std::vector<uint8_t>> NextStreamFrame(SteadyTime until);
  void Keep(ByteView frame);
  // True when `error` taught a realm or nonce worth another try.
  bool Learn(const stun::Message& error);
  ClientResult<Ok> CheckIntegrity(ByteView request, const stun::Message& answer) const;

  ClientConnection connection_;
  ConnectionSettings settings_;
  ClientCredentials credentials_;
  auth::Md5Key key_{};
  milliseconds timeout_ = seconds(5);
  std::vector<uint8_t> received_;  // of a stream: what no frame was made of yet
  std::deque<ClientEvent> events_;
};

}  // namespace culvert::testing
