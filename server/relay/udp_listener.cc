#include "server/relay/udp_listener.h"

#include <algorithm>
#include <utility>

#include "server/relay/worker.h"

namespace culvert::relay {
namespace {

// RFC 7983: 20 to 63 is DTLS.
bool LooksLikeDtls(uint8_t first) {
  return first >= 20 && first <= 63;
}

// Where a datagram of no known client is to be answered, for a cookie.
class ToStranger final : public net::DatagramSink {
 public:
  ToStranger(Output& output, UdpListener& listener, const UdpPath& path)
      : output_(output), listener_(listener), path_(path) {}
  void SendDatagram(ByteView datagram) override {
    output_.ToUdpClient(listener_, path_.client, path_.local, {{}, output_.Copy(datagram)});
  }

 private:
  Output& output_;
  UdpListener& listener_;
  const UdpPath& path_;
};

}  // namespace

UdpListener::UdpListener(Worker& worker, net::Fd socket, const Endpoint& at, bool plain, bool dtls)
    : worker_(worker), socket_(std::move(socket)), at_(at), plain_(plain), dtls_(dtls) {
  ReloadTls();
  watch_.Start(worker_.loop(), socket_.get(), this, true, false);
}

UdpListener::~UdpListener() = default;

void UdpListener::ReloadTls() {
  if (!dtls_ || worker_.dtls() == nullptr) return;
  if (dtls_listener_ == nullptr) {
    dtls_listener_ = std::make_unique<net::DtlsListener>(worker_.dtls());
  } else {
    dtls_listener_->UseContext(worker_.dtls());
  }
}

void UdpListener::OnReady(unsigned) {
  net::UdpReceiver& receiver = worker_.receiver();
  const net::SysResult result = receiver.Receive(
      worker_.sys(), fd(), worker_.output().PoolForReceive(), net::UdpReceiver::kBatch);
  auto& counters = worker_.counters();
  counters.recvmmsg_calls.Add();
  if (!result.ok()) return;
  counters.recvmmsg_packets.Add(static_cast<uint64_t>(result.value));
  for (const net::Received& received : receiver.received()) Receive(received);
}

void UdpListener::Receive(const net::Received& received) {
  const UdpPath path{Endpoint::FromSockaddr(reinterpret_cast<const sockaddr*>(received.from)),
                     any_address() && received.has_local ? received.local : at_.ip()};
  if (received.segment == 0) return Serve(path, {received.data, received.size});
  for (uint32_t at = 0; at < received.size; at += received.segment) {
    Serve(path, {received.data + at, std::min<uint32_t>(received.segment, received.size - at)});
  }
}

void UdpListener::Serve(const UdpPath& path, ByteView datagram) {
  if (!datagram.empty() && LooksLikeDtls(datagram[0]) && dtls_listener_ != nullptr) {
    ServeDtls(path, datagram);
  } else if (plain_) {
    ServePlain(path, datagram);
  } else {
    worker_.counters().drops[turn::Drop::kMalformed].Add();
  }
}

void UdpListener::ServePlain(const UdpPath& path, ByteView datagram) {
  if (const auto found = clients_.find(path); found != clients_.end()) {
    UdpClient& client = *found->second;
    client.Serve(datagram);
    return Settle(client);
  }
  if (!worker_.AdmitStranger(path.client.ip())) return CountStranger();
  // Most strangers want a Binding, or their first 401: nothing of them stays.
  auto stranger = std::make_unique<UdpClient>(worker_, *this, path);
  stranger->Serve(datagram);
  if (!stranger->session().in_use()) return;
  worker_.counters().connections_accepted[turn::Transport::kUdp].Add();
  clients_.emplace(path, std::move(stranger));
}

void UdpListener::ServeDtls(const UdpPath& path, ByteView datagram) {
  const auto found = dtls_clients_.find(path);
  if (found != dtls_clients_.end() && !net::DtlsListener::IsClientHello(datagram)) {
    return found->second->Serve(datagram);
  }
  // A client that is turned away sends its flight again (RFC 6347 section 4.2.4).
  if (!worker_.AdmitStranger(path.client.ip()) || !worker_.TakeDtlsHello() ||
      dtls_clients_.size() >= worker_.settings().max_dtls_clients) {
    return CountStranger();
  }
  ToStranger sink(worker_.output(), *this, path);
  auto association = dtls_listener_->OnDatagram(datagram, ClientAddress(path.client), sink);
  if (association == nullptr) return;
  worker_.counters().connections_accepted[turn::Transport::kDtls].Add();
  // A client that restarted on its old port (RFC 6347 section 4.2.8).
  if (found != dtls_clients_.end()) found->second->Close();
  dtls_clients_[path] = std::make_unique<DtlsClient>(worker_, *this, path, std::move(association));
}

void UdpListener::CountStranger() {
  worker_.counters().drops[turn::Drop::kStrangerLimit].Add();
}

void UdpListener::Settle(UdpClient& client) {
  if (client.session().in_use()) return;
  const auto found = clients_.find(client.path());
  if (found == clients_.end() || found->second.get() != &client) return;
  worker_.loop().DeferDelete(std::move(found->second));
  clients_.erase(found);
}

void UdpListener::Remove(DtlsClient& client) {
  const auto found = dtls_clients_.find(client.path());
  if (found == dtls_clients_.end() || found->second.get() != &client) return;
  worker_.loop().DeferDelete(std::move(found->second));
  dtls_clients_.erase(found);
}

}  // namespace culvert::relay
