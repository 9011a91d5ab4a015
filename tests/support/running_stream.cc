#include <sys/socket.h>

#include <utility>

#include "tests/support/loopback_peer.h"
#include "tests/support/numbered_bytes.h"
#include "tests/support/running_session.h"

namespace culvert::testing {
namespace {

constexpr uint32_t kLifetime = 600;  // seconds
// A write that takes longer is a stream that does not run any more.
constexpr milliseconds kWritePatience = seconds(10);

class Stream final : public RunningSession {
 public:
  Stream(TurnClient control, ClientConnection client, ClientConnection peer, uint64_t flow,
         size_t bytes, std::string name)
      : RunningSession(std::move(name)),
        control_(std::move(control)),
        client_(std::move(client)),
        peer_(std::move(peer)),
        bytes_(bytes),
        up_{2 * flow},
        down_{2 * flow + 1},
        piece_(64 * 1024) {}

  void Send() override {
    SendOn(client_, up_);
    SendOn(peer_, down_);
  }

  void Receive() override {
    ReceiveOn(peer_, up_, "to the peer");
    ReceiveOn(client_, down_, "to the client");
  }

  bool AllArrived() const override {
    return up_.received == up_.sent && down_.received == down_.sent;
  }

  void Renew() override {
    if (healthy()) Check("refreshing", control_.Refresh(kLifetime));
  }

  void End() override {
    if (healthy()) Check("ending", control_.Refresh(0));
  }

  std::vector<int> sockets() const override { return {client_.fd(), peer_.fd()}; }

 private:
  struct Direction {
    uint64_t flow;
    uint64_t sent = 0;
    uint64_t received = 0;
  };

  void SendOn(ClientConnection& connection, Direction& direction) {
    if (!healthy()) return;
    std::vector<uint8_t> bytes(bytes_);
    WriteStream(direction.flow, direction.sent, bytes);
    if (!Check("sending", connection.Send(bytes, kWritePatience))) return;
    direction.sent += bytes.size();
    sent_ += bytes.size();
  }

  void ReceiveOn(ClientConnection& connection, Direction& direction, const char* where) {
    while (healthy()) {
      const auto size = connection.Receive(piece_, milliseconds(0));
      if (!size) {
        if (size.error().failure != ClientFailure::kTimeout) Check(where, size);
        return;
      }
      if (!IsStream(direction.flow, direction.received, ByteView(piece_).first(*size))) {
        return Fail(std::string("bytes ") + where + " differ, behind byte " +
                    std::to_string(direction.received));
      }
      direction.received += *size;
      received_ += *size;
    }
  }

  TurnClient control_;
  ClientConnection client_;
  ClientConnection peer_;
  const size_t bytes_;
  Direction up_;
  Direction down_;
  std::vector<uint8_t> piece_;
};

}  // namespace

ClientResult<RunningSessionPtr> OpenStream(const ConnectionSettings& settings,
                                           const ClientCredentials& credentials, uint64_t flow,
                                           size_t bytes) {
  LoopbackPeer listener(SOCK_STREAM);
  auto control = TurnClient::Connect(settings, credentials);
  if (!control) return Failure{control.error()};
  control->set_timeout(settings.timeout);
  const AllocateRequest request{.transport = stun::kTransportTcp, .lifetime = kLifetime};
  if (auto answer = control->Allocate(request); !answer) return Failure{answer.error()};
  auto id = control->ConnectToPeer(listener.address());
  if (!id) return Failure{id.error()};
  auto peer = listener.Accept(settings.timeout);
  if (!peer) return Failure{peer.error()};
  auto client = control->BindDataConnection(*id);
  if (!client) return Failure{client.error()};
  std::string name = std::string("stream over ") + ClientTransportName(settings.transport) + " " +
                     std::to_string(flow);
  return RunningSessionPtr(std::make_unique<Stream>(
      std::move(*control), std::move(*client), std::move(*peer), flow, bytes, std::move(name)));
}

}  // namespace culvert::testing
