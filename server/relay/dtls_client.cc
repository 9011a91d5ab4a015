#include "server/relay/dtls_client.h"

#include <cstring>

#include "server/relay/udp_listener.h"
#include "server/relay/worker.h"

namespace culvert::relay {

DtlsClient::DtlsClient(Worker& worker, UdpListener& listener, const UdpPath& path,
                       std::unique_ptr<net::DtlsSession> association)
    : worker_(worker),
      listener_(listener),
      path_(path),
      association_(std::move(association)),
      session_(worker, *this, listener.TurnPath(path, turn::Transport::kDtls),
               worker.now().instant + worker.settings().allocate_timeout) {
  Settle();
}

DtlsClient::~DtlsClient() {
  if (!counted_) {
    worker_.counters().tls_handshakes[observe::TlsVersion::kDtls12].failed.Add();
  }
}

void DtlsClient::Serve(ByteView datagram) {
  busy_ = true;
  association_->OnDatagram(datagram, *this, *this);
  busy_ = false;
  Settle();
}

void DtlsClient::OnPlaintext(ByteView plaintext) {
  // The record lies in memory that the association reuses; what is relayed from it leaves at once.
  session_.FromClient(plaintext);
  worker_.output().FlushPeers();
}

void DtlsClient::SendDatagram(ByteView datagram) {
  worker_.output().ToUdpClient(listener_, path_.client, path_.local,
                               {{}, worker_.output().Copy(datagram)});
}

void DtlsClient::Send(const OutFrame& frame, bool) {
  const MutableBytes whole = worker_.output().Allocate(frame.size());
  if (!frame.head.empty()) std::memcpy(whole.data(), frame.head.data(), frame.head.size());
  if (!frame.body.empty()) {
    std::memcpy(whole.data() + frame.head.size(), frame.body.data(), frame.body.size());
  }
  if (!association_->Write(whole, *this)) {
    worker_.counters().drops[turn::Drop::kTooLarge].Add();
  }
}

void DtlsClient::OnSessionChanged() {
  if (!busy_) Settle();
}

void DtlsClient::OnTimer(Instant) {
  busy_ = true;
  association_->OnTimeout(*this);
  busy_ = false;
  Settle();
}

void DtlsClient::Settle() {
  if (gone_) return;
  if (association_->established() && !counted_) {
    counted_ = true;
    worker_.counters().tls_handshakes[observe::TlsVersion::kDtls12].full.Add();
  }
  if (association_->closed() || session_.idle_too_long()) return Close();
  worker_.wheel().Arm(this, association_->next_timeout(worker_.now().instant));
}

void DtlsClient::Close() {
  if (gone_) return;
  gone_ = true;
  session_.ClientGone();
  association_->Close(*this);
  listener_.Remove(*this);
}

}  // namespace culvert::relay
