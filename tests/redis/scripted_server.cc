#include "tests/redis/scripted_server.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <utility>

#include "server/net/socket.h"
#include "server/net/syscalls.h"

namespace culvert::redis {

class ScriptedServer::Peer final : private net::FdHandler {
 public:
  Peer(net::Loop& loop, net::Fd fd, const Script& script) : fd_(std::move(fd)), script_(script) {
    watch_.Start(loop, fd_.get(), this, true, false);
  }

 private:
  void OnReady(unsigned) override {
    char buffer[64 * 1024];
    const ssize_t size = recv(fd_.get(), buffer, sizeof buffer, 0);
    if (size <= 0) return Close();
    const std::string received(buffer, static_cast<size_t>(size));
    std::optional<std::string> answer;
    if (std::exchange(greeted_, true)) {
      answer = script_(received);
    } else {
      answer = "+OK\r\n+PONG\r\n";  // CLIENT SETNAME, PING
    }
    if (!answer) return Close();
    EXPECT_EQ(send(fd_.get(), answer->data(), answer->size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(answer->size()));
  }

  void Close() {
    watch_.Stop();
    fd_.Close();
  }

  net::Fd fd_;
  const Script& script_;
  bool greeted_ = false;
  net::FdWatch watch_;
};

ScriptedServer::ScriptedServer(net::Loop& loop, const IpAddress& ip, Script script)
    : loop_(loop), script_(std::move(script)) {
  auto listener = net::OpenTcpListener(net::Syscalls::Kernel(), Endpoint(ip, 0));
  if (!listener) {
    ADD_FAILURE() << listener.error().Explain(Endpoint(ip, 0));
    return;
  }
  listener_ = std::move(listener.value());
  address_ = net::LocalEndpoint(listener_.get());
  watch_.Start(loop_, listener_.get(), this, true, false);
}

ScriptedServer::~ScriptedServer() = default;

std::string ScriptedServer::connection_string() const {
  return "ip=" + address_.ip().ToString() + " port=" + std::to_string(address_.port());
}

void ScriptedServer::OnReady(unsigned) {
  net::Fd fd(accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!fd.valid()) return;
  ++connections_;
  peers_.push_back(std::make_unique<Peer>(loop_, std::move(fd), script_));
}

}  // namespace culvert::redis
