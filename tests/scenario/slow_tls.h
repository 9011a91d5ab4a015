// A TLS client over a TCP connection whose steps are the test's: what it sends, when, and what of
// it.
//
// Owner and thread: whoever made it; not shared.
#pragma once

#include <openssl/ssl.h>

#include <string>
#include <vector>

#include "tests/support/client_connection.h"
#include "tests/support/tls_pump.h"

namespace culvert::testing {

class SlowTls {
 public:
  // Connects, without a byte of TLS. `version`: TLS1_2_VERSION or TLS1_3_VERSION.
  SlowTls(ConnectionSettings settings, int version);

  ClientConnection& connection() { return connection_; }
  // Before the handshake.
  void Resume(SlowTls& earlier) { client_.Resume(earlier.client_.session()); }

  // What the handshake wants to send next; ClientHello at first. Takes it out.
  std::vector<uint8_t> NextFlight();
  void Send(ByteView bytes);
  // Waits for the relay's next bytes and takes them in; false when the stream ended.
  bool Take();

  // Up to the last flight, which is returned and not sent.
  std::vector<uint8_t> AllButLastFlight();
  // All of what is left.
  void Finish();
  bool done() { return SSL_is_init_finished(client_.ssl()) == 1; }
  bool resumed() { return SSL_session_reused(client_.ssl()) == 1; }

  // Encrypted; the handshake must be done, from this side's view.
  std::vector<uint8_t> Sealed(ByteView plain);
  // So many decrypted bytes, or fewer when the stream ends.
  std::vector<uint8_t> Read(size_t size);

 private:
  TlsClient client_;
  ClientConnection connection_;
};

}  // namespace culvert::testing
