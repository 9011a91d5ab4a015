#include "server/relay/udp_client.h"

#include "server/relay/udp_listener.h"
#include "server/relay/worker.h"

namespace culvert::relay {

UdpClient::UdpClient(Worker& worker, UdpListener& listener, const UdpPath& path)
    : worker_(worker),
      listener_(listener),
      path_(path),
      session_(worker, *this, listener.TurnPath(path, turn::Transport::kUdp), kNever) {}

void UdpClient::Serve(ByteView datagram) {
  busy_ = true;
  session_.FromClient(datagram);
  busy_ = false;
}

void UdpClient::Send(const OutFrame& frame, bool) {
  worker_.output().ToUdpClient(listener_, path_.client, path_.local, frame);
}

void UdpClient::OnSessionChanged() {
  if (!busy_) listener_.Settle(*this);
}

}  // namespace culvert::relay
