#include "tests/bench/forwarder/tls_relay.h"

#include "tests/bench/forwarder/plain_relay.h"

namespace culvert::bench {

void TlsRelay::Start(World& world, net::Fd client, SSL_CTX* tls, const sockaddr_in& target) {
  world.Adopt(std::make_unique<TlsRelay>(world, std::move(client), tls, target));
}

TlsRelay::TlsRelay(World& world, net::Fd client, SSL_CTX* tls, const sockaddr_in& target)
    : world_(world), client_(std::move(client), tls), address_(target) {
  world_.poller.Add(client_.fd(), &client_handler_);
}

bool TlsRelay::ConnectToTarget() {
  net::Fd fd = ConnectTo(address_);
  if (!fd.valid()) return false;
  target_.emplace(std::move(fd), nullptr);
  world_.poller.Add(target_->fd(), &target_handler_);
  return true;
}

void TlsRelay::OnClientReadable() {
  if (buried_) return;
  const ByteView bytes = client_.Receive();
  if (!target_ && client_.secured() && !ConnectToTarget()) return End();
  if (target_) target_->Send(bytes);
  WatchBoth();
}

void TlsRelay::OnTargetReadable() {
  if (buried_) return;
  client_.Send(target_->Receive());
  WatchBoth();
}

void TlsRelay::OnClientWritable() {
  if (buried_) return;
  client_.Flush();
  WatchBoth();
}

void TlsRelay::OnTargetWritable() {
  if (buried_) return;
  target_->Flush();
  WatchBoth();
}

void TlsRelay::WatchBoth() {
  if (client_.ended() || (target_ && target_->ended())) return End();
  if (!target_) return;
  const bool client_full = client_.unsent() > 0, target_full = target_->unsent() > 0;
  if (client_full == watched_[0] && target_full == watched_[1]) return;
  watched_[0] = client_full;
  watched_[1] = target_full;
  world_.poller.Watch(client_.fd(), &client_handler_, !target_full, client_full);
  world_.poller.Watch(target_->fd(), &target_handler_, !client_full, target_full);
}

void TlsRelay::End() {
  if (buried_) return;
  buried_ = true;
  if (target_ && target_->unsent() > 0) target_->Flush();
  if (client_.unsent() > 0) client_.Flush();
  world_.poller.Remove(client_.fd());
  if (target_) world_.poller.Remove(target_->fd());
  world_.Bury(this);
}

}  // namespace culvert::bench
