// DTLS 1.2 (RFC 6347) over a UDP socket that many clients share. Nothing here owns a socket:
// datagrams come in by call and go out through a sink, and the caller's loop keeps the timers.
//
//   datagram of an unknown client -> DtlsListener -> HelloVerifyRequest, nothing remembered
//   the same with the cookie      -> DtlsListener -> a DtlsSession, from now on the caller's
//   further datagrams of it       -> DtlsSession  -> plaintext, one call per record
//
// A listener and its sessions belong to one worker thread. Sinks are used during the call that
// they are given to, never later. A call back into the session that is calling is allowed for
// Write and Close; destroying it is not.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "server/base/address.h"
#include "server/base/bytes.h"
#include "server/base/time.h"
#include "server/net/tls_context.h"

namespace culvert::net {

// Where datagrams for the client go. What cannot be sent is lost, as on any network.
class DatagramSink {
 public:
  virtual void SendDatagram(ByteView datagram) = 0;

 protected:
  ~DatagramSink() = default;
};

// Where what the client said goes, one datagram of it at a time.
class PlaintextSink {
 public:
  virtual void OnPlaintext(ByteView plaintext) = 0;

 protected:
  ~PlaintextSink() = default;
};

class DtlsSession {
 public:
  // Datagrams of a handshake are no larger: passes every IPv6 path (1280) with some tunnel around.
  // More saves fragments of long certificate chains where paths are wide, and loses flights where
  // not.
  static constexpr int kFlightBytes = 1200;

  ~DtlsSession();
  DtlsSession(const DtlsSession&) = delete;
  DtlsSession& operator=(const DtlsSession&) = delete;

  // Takes one datagram of this client. Records that fail their check are dropped without a trace,
  // as RFC 6347 section 4.1.2.7 wants it; a failed handshake, or the client's close_notify (which
  // is answered), closes the session.
  void OnDatagram(ByteView datagram, DatagramSink& out, PlaintextSink& in);

  // Sends one record in one datagram. False, and nothing sent: not established yet, closed, or more
  // than 16384 bytes.
  bool Write(ByteView plaintext, DatagramSink& out);

  // When OnTimeout is to be called: kNever unless a flight waits for its answer. OpenSSL keeps
  // these deadlines on its own clock, so ask again after each call to this session.
  Instant next_timeout(Instant now) const;

  // Sends the last flight again if its deadline has passed; closes the session after the twelfth
  // time.
  void OnTimeout(DatagramSink& out);

  // Sends close_notify, if there is still anybody to tell. Closed afterwards.
  void Close(DatagramSink& out);

  bool established() const { return established_; }  // handshake done, also after closing
  bool closed() const { return closed_; }
  // Why a session closed that nobody closed; empty otherwise.
  const std::string& failure() const { return failure_; }
  // Negotiated version and suite in OpenSSL's words; "(NONE)" before.
  const char* version_name() const { return SSL_get_version(ssl_.get()); }
  const char* cipher_name() const { return SSL_get_cipher_name(ssl_.get()); }
  const SSL* ssl() const { return ssl_.get(); }
  std::string_view server_name() const { return ServerNameOf(ssl_.get()); }

 private:
  friend class DtlsListener;

  // What the BIO under OpenSSL sees for the time of one call.
  struct Wire {
    std::optional<ByteView> received;
    DatagramSink* out = nullptr;
  };
  struct BioCallbacks;
  class WireGuard;

  explicit DtlsSession(SslPtr ssl);
  static std::unique_ptr<DtlsSession> Create(const TlsContext& context);
  bool Listen(ByteView datagram, const ClientAddress& client, DatagramSink& out);
  void ReadRecords(PlaintextSink& in);
  void OnReadResult(int result);
  void ReleaseBuffers();

  Wire wire_;
  ClientAddress client_;
  SslPtr ssl_;
  bool established_ = false;
  bool closed_ = false;
  std::string failure_;
};

class DtlsListener {
 public:
  // REQUIRES: context->kind() is kDatagram.
  explicit DtlsListener(std::shared_ptr<const TlsContext> context);

  // After a reload: later sessions are made from `context`.
  void UseContext(std::shared_ptr<const TlsContext> context);

  // Takes a datagram of a client without a session. A ClientHello with the right cookie gives a
  // session that has already seen this datagram and answered it; any other ClientHello is
  // answered with a cookie, at most a few bytes longer than the request is; anything else is
  // dropped.
  std::unique_ptr<DtlsSession> OnDatagram(ByteView datagram, const ClientAddress& client,
                                          DatagramSink& out);

  // Whether this begins a new association. A client that restarted on the same port sends such a
  // datagram into its old, established session, which would drop it: give it to the listener
  // instead, and replace the session when a new one comes out (RFC 6347 section 4.2.8).
  static bool IsClientHello(ByteView datagram);

 private:
  std::shared_ptr<const TlsContext> context_;
  // Answers ClientHellos without cookies, over and over, until one brings the cookie and takes it
  // away.
  std::unique_ptr<DtlsSession> spare_;
};

}  // namespace culvert::net
