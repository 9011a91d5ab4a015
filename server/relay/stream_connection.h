// A client's TCP connection, plain or TLS, from accept to close: tells plain from TLS by the first
// byte, frames messages for its ClientSession, gathers what goes back, and becomes one side of a
// DataPipe after ConnectionBind.
//
// Owned by its worker. Dies through the loop's deferred delete.
#pragma once

#include <memory>
#include <vector>

#include "server/net/loop.h"
#include "server/net/stream.h"
#include "server/relay/client_session.h"
#include "server/relay/handshake_pool.h"
#include "server/relay/media_queue.h"

namespace culvert::relay {

// A connection on its way to the worker that owns its allocation: socket and TLS state together,
// with what was read and not yet served.
struct Handoff {
  std::unique_ptr<net::Stream> stream;
  ClientAddress client;
  ServerAddress server;
  std::vector<uint8_t> unread;
};

class StreamConnection final : public net::Deletable,
                               private net::FdHandler,
                               private net::TimerWheel::Entry,
                               private ClientLeg {
 public:
  StreamConnection(Worker& worker, std::unique_ptr<net::Stream> stream, const ClientAddress& client,
                   const ServerAddress& server);
  // Call once the worker has it in its tables. `taken_over`: another worker accepted it and has
  // read `unread` already.
  void Begin(bool taken_over, ByteView unread = {});
  ~StreamConnection() override;

  bool is_tls() const { return stream_ != nullptr && stream_->is_tls(); }

  // --- for Output
  int gather() const { return gather_; }
  void set_gather(int index) { gather_ = index; }
  void WriteGathered(const Gather& gather);

  // --- for the worker
  // A handshake step that was put off by the ration.
  void ResumeHandshake();
  // A handshake step that was done aside.
  void TakeBack(HandshakeStep& step);
  // Ends the session and closes, after a reply that is on its way.
  void Close();

 private:
  enum class Phase : uint8_t {
    kSniff,  // not yet known whether it is TLS, or its first record is incomplete
    kAside,  // the handshake pool has the stream, for one step
    kTurn,
    kGone,  // closed, handed over, or part of a pipe; dies at the end of the turn
  };

  void OnReady(unsigned what) override;
  // Nothing came at all.
  void OnTimer(Instant) override { Close(); }
  void ReadFirst();
  void BeginTls(ByteView hello);
  void StartSession(turn::Transport transport);
  // The same for a client that this worker accepted.
  void Admit(turn::Transport transport);
  // Lends the stream to the handshake pool; TakeBack comes.
  void GiveAside(std::shared_ptr<net::TlsContext> context, ByteView received);
  // False when the ration of this turn is used up; then ResumeHandshake comes.
  bool TakeHandshake();
  void ReadMore();
  void Digest(const net::StreamRead& read, bool was_handshaking);
  void CountHandshake(bool was_handshaking, net::StreamEnd end);
  // Serves whole messages from `input`; keeps what is cut.
  void Serve(ByteView input);
  // Before the core sees it: a ConnectionBind for another worker's connection takes the whole
  // stream there.
  bool HandOver(ByteView message, ByteView rest);
  void Join(ByteView rest);
  void OnWritable();
  void DrainQueue();
  void Queue(const OutFrame& frame, bool reply);
  void CountDropped(const MediaQueue::Dropped& dropped);
  void UpdateWatch();
  // Leaves the worker's tables; `this` dies at the end of the turn.
  void Leave();

  // ClientLeg
  void Send(const OutFrame& frame, bool reply) override;
  void OnSessionChanged() override;
  void JoinConnection(turn::ConnectionId id) override { joined_ = id; }
  const ssl_st* Ssl() const override { return stream_->ssl(); }
  std::string_view ServerName() const override { return stream_->server_name(); }
  TlsNames Tls() const override;

  Worker& worker_;
  std::unique_ptr<net::Stream> stream_;
  net::FdWatch watch_;
  const ClientAddress client_;
  const ServerAddress server_;
  std::unique_ptr<ClientSession> session_;
  std::vector<uint8_t> partial_;       // a cut message, or what waits while the session waits
  std::unique_ptr<MediaQueue> queue_;  // while the connection is blocked
  std::optional<turn::ConnectionId> joined_;
  uint64_t aside_ = 0;  // the step's number, while kAside
  int gather_ = -1;
  Phase phase_ = Phase::kSniff;
  bool deferred_ = false;    // waits for ResumeHandshake
  bool serving_ = false;     // inside Serve
  bool closing_ = false;     // inside Close
  bool input_over_ = false;  // FIN came while the session was waiting
};

}  // namespace culvert::relay
