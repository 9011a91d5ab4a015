// A connected socket as bytes in and out, plain or through TLS. What is sent is kept until Flush,
// so that all commands of a turn leave in one system call.
//
// On the client's thread. After Receive or Flush said false nothing works any more.
#pragma once

#include <string>
#include <string_view>

#include "server/net/fd.h"
#include "server/net/syscalls.h"
#include "server/net/tls_context.h"

namespace culvert::redis {

class Transport {
 public:
  // `ssl`: a session of ClientTls::NewSession, or null.
  Transport(net::Syscalls& sys, net::Fd fd, net::SslPtr ssl);
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  int fd() const { return fd_.get(); }

  // One read; appends what it brought. False when the connection is over.
  bool Receive(std::string* received);
  void Send(std::string_view bytes);
  // What can be written now. False when the connection is over.
  bool Flush();
  // Something waits for Flush.
  bool has_unsent() const { return sent_ < out_.size(); }
  // Why it is over.
  const std::string& error() const { return error_; }

 private:
  bool handshaking() const;
  // Goes on with the handshake, encrypts what waited for its end, and takes what OpenSSL wrote.
  bool AdvanceTls();
  bool Decrypt(std::string* received);
  void TakeCipher();
  bool Break(std::string why);
  bool BreakTls();

  net::Syscalls& sys_;
  net::Fd fd_;
  net::SslPtr ssl_;
  std::string plain_;  // not encrypted yet, for the handshake goes on
  std::string out_;    // as the socket takes it
  size_t sent_ = 0;    // of out_
  std::string error_;
};

}  // namespace culvert::redis
