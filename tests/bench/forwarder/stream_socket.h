// One accepted or connected TCP socket, plain or with TLS on top: one recv() takes what has come,
// one send() gives what is to go, however many records that is.
//
// OpenSSL never touches the socket. It reads what recv() brought, and its records are gathered
// until they leave together. Scratch memory is the thread's; an idle socket holds none.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <vector>

#include "server/base/bytes.h"
#include "server/net/fd.h"

namespace culvert::bench {

class StreamSocket {
 public:
  // `tls` null: plain TCP. Else the server's context, which outlives the socket.
  StreamSocket(net::Fd fd, SSL_CTX* tls);
  ~StreamSocket();
  StreamSocket(const StreamSocket&) = delete;
  StreamSocket& operator=(const StreamSocket&) = delete;

  int fd() const { return fd_.get(); }
  // What one recv() brings, in the clear, valid until the thread receives again. Empty as long as a
  // handshake or record is incomplete. With TLS the handshake is answered along the way.
  ByteView Receive();
  // What the socket does not take is kept for Flush(). Nothing is sent within a TLS handshake.
  void Send(ByteView clear);
  void Flush();

  size_t unsent() const { return unsent_.size() - unsent_begin_; }
  bool ended() const { return ended_; }
  bool secured() const { return ssl_ == nullptr || SSL_is_init_finished(ssl_.get()); }

 private:
  struct SslDeleter {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  // OpenSSL's view of the socket.
  struct Bio;

  ByteView Decrypt(size_t size);
  void SendGathered();
  size_t SendNow(ByteView bytes);

  net::Fd fd_;
  std::unique_ptr<SSL, SslDeleter> ssl_;
  ByteView incoming_;    // received, not yet read by OpenSSL
  bool direct_ = false;  // the next record may leave at once: there will be no other
  bool ended_ = false;
  std::vector<uint8_t> unsent_;
  size_t unsent_begin_ = 0;
};

// Made for speed: no session cache (tickets only), one ticket. Null when the files are no
// certificate and key.
SSL_CTX* MakeServerContext(const char* certificate, const char* key);

}  // namespace culvert::bench
