// A listening TCP port.
#pragma once

#include <functional>

#include "server/net/fd.h"
#include "tests/bench/poller.h"

namespace culvert::bench {

class Acceptor : public Pollable {
 public:
  using Take = std::function<void(net::Fd)>;

  // `port` in host order; each connection goes to `take`. Invalid, and errno, on failure.
  Acceptor(Poller& poller, uint16_t port, Take take);

  bool valid() const { return fd_.valid(); }
  void OnReadable() override;

 private:
  const Take take_;
  net::Fd fd_;
};

}  // namespace culvert::bench
