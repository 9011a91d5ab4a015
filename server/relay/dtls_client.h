// A client over DTLS: its association, and its session behind it.
#pragma once

#include <memory>

#include "server/net/dtls.h"
#include "server/net/timer_wheel.h"
#include "server/relay/client_session.h"
#include "server/relay/udp_client.h"

namespace culvert::relay {

class DtlsClient final : public net::Deletable,
                         private net::DatagramSink,
                         private net::PlaintextSink,
                         private net::TimerWheel::Entry,
                         private ClientLeg {
 public:
  // Takes an association that has just shown its cookie.
  DtlsClient(Worker& worker, UdpListener& listener, const UdpPath& path,
             std::unique_ptr<net::DtlsSession> association);
  ~DtlsClient() override;

  const UdpPath& path() const { return path_; }
  // Serves one datagram, encrypted.
  void Serve(ByteView datagram);
  // Ends the session; the listener forgets this.
  void Close();

 private:
  void SendDatagram(ByteView datagram) override;
  void OnPlaintext(ByteView plaintext) override;
  void OnTimer(Instant now) override;
  void Send(const OutFrame& frame, bool reply) override;
  void OnSessionChanged() override;
  void JoinConnection(turn::ConnectionId) override {}
  const ssl_st* Ssl() const override { return association_->ssl(); }
  std::string_view ServerName() const override { return association_->server_name(); }
  TlsNames Tls() const override {
    return {association_->version_name(), association_->cipher_name()};
  }
  void Settle();

  Worker& worker_;
  UdpListener& listener_;
  const UdpPath path_;
  std::unique_ptr<net::DtlsSession> association_;
  bool busy_ = false;
  bool counted_ = false;  // the handshake
  bool gone_ = false;
  ClientSession session_;
};

}  // namespace culvert::relay
