#include "server/redis/resolver.h"

#include <netdb.h>

#include <algorithm>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace culvert::redis {
namespace {

Result<Resolver::Addresses, std::string> Ask(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (error != 0) return Failure{std::string(gai_strerror(error))};
  Resolver::Addresses addresses;
  for (const addrinfo* it = found; it != nullptr; it = it->ai_next) {
    const IpAddress ip = Endpoint::FromSockaddr(it->ai_addr).ip();
    if (std::find(addresses.begin(), addresses.end(), ip) == addresses.end()) {
      addresses.push_back(ip);
    }
  }
  freeaddrinfo(found);
  if (addresses.empty()) return Failure{std::string("no address")};
  return addresses;
}

}  // namespace

// What a thread may touch: the resolver only while it lives.
struct Resolver::Shared {
  std::mutex mutex;
  Resolver* resolver;

  void Deliver(const std::string& host, Result<Addresses, std::string> result) {
    const std::lock_guard lock(mutex);
    if (resolver == nullptr) return;
    resolver->mailbox_.Post(
        [to = resolver, host, result = std::move(result)] { to->OnResolved(host, result); });
  }
};

Resolver::Resolver(net::Loop& loop) : mailbox_(loop), shared_(std::make_shared<Shared>()) {
  shared_->resolver = this;
}

Resolver::~Resolver() {
  const std::lock_guard lock(shared_->mutex);
  shared_->resolver = nullptr;
}

uint64_t Resolver::Start(const std::string& host, Done done) {
  waiting_.emplace(++last_, Waiting{host, std::move(done)});
  if (!running_.insert(host).second) return last_;
  try {
    std::thread([shared = shared_, host] { shared->Deliver(host, Ask(host)); }).detach();
  } catch (const std::system_error& error) {
    shared_->Deliver(host, Failure{std::string(error.what())});
  }
  return last_;
}

void Resolver::OnResolved(const std::string& host, const Result<Addresses, std::string>& result) {
  running_.erase(host);
  std::vector<uint64_t> ready;
  for (const auto& [id, waiting] : waiting_) {
    if (waiting.host == host) ready.push_back(id);
  }
  // Each may cancel the others.
  for (const uint64_t id : ready) {
    const auto it = waiting_.find(id);
    if (it == waiting_.end()) continue;
    const Done done = std::move(it->second.done);
    waiting_.erase(it);
    done(result);
  }
}

}  // namespace culvert::redis
