#include "tests/support/tls_pump.h"

#include <openssl/err.h>

#include <cstdlib>

namespace culvert::testing {
namespace {

std::string TakeReason() {
  unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "";
}

// One step of one side's handshake. True when it is done.
bool Step(SSL* ssl, std::string* error) {
  ERR_clear_error();
  int result = SSL_do_handshake(ssl);
  if (result == 1) return true;
  int reason = SSL_get_error(ssl, result);
  bool failed = reason != SSL_ERROR_WANT_READ && reason != SSL_ERROR_WANT_WRITE;
  if (failed && error->empty()) *error = TakeReason();
  return false;
}

// Lets a side that is done read what is no application data, such as tickets and alerts.
void ReadNothing(SSL* ssl, std::string* error) {
  char byte;
  ERR_clear_error();
  int result = SSL_peek(ssl, &byte, 1);
  if (result <= 0 && SSL_get_error(ssl, result) == SSL_ERROR_SSL) *error = TakeReason();
}

// Grows with every byte that moves.
uint64_t BytesMoved(SSL* client, SSL* server) {
  BIO* to_client = SSL_get_rbio(client);
  BIO* to_server = SSL_get_rbio(server);
  return BIO_number_read(to_client) + BIO_number_written(to_client) + BIO_number_read(to_server) +
         BIO_number_written(to_server);
}

void Join(SSL* client, SSL* server) {
  BIO* to_server = BIO_new(BIO_s_mem());
  BIO* to_client = BIO_new(BIO_s_mem());
  if (to_server == nullptr || to_client == nullptr) std::abort();
  for (BIO* bio : {to_server, to_client}) BIO_set_mem_eof_return(bio, -1);
  BIO_up_ref(to_server);
  BIO_up_ref(to_client);
  SSL_set_bio(client, to_client, to_server);
  SSL_set_bio(server, to_server, to_client);
}

std::vector<unsigned char> ProtocolList(const std::vector<std::string>& names) {
  std::vector<unsigned char> wire;
  for (const std::string& name : names) {
    wire.push_back(static_cast<unsigned char>(name.size()));
    wire.insert(wire.end(), name.begin(), name.end());
  }
  return wire;
}

void Require(bool done) {
  if (done) return;
  ERR_print_errors_fp(stderr);
  std::abort();
}

void Configure(SSL_CTX* context, const TlsClientSettings& settings) {
  // Old versions and short keys are the test's choice, never this client's refusal.
  SSL_CTX_set_security_level(context, 0);
  Require(SSL_CTX_set_min_proto_version(context, settings.lowest_version) == 1);
  Require(SSL_CTX_set_max_proto_version(context, settings.highest_version) == 1);
  if (!settings.cipher_list.empty()) {
    Require(SSL_CTX_set_cipher_list(context, settings.cipher_list.c_str()) == 1);
  }
  if (!settings.ciphersuites.empty()) {
    Require(SSL_CTX_set_ciphersuites(context, settings.ciphersuites.c_str()) == 1);
  }
  if (!settings.groups.empty()) {
    Require(SSL_CTX_set1_groups_list(context, settings.groups.c_str()) == 1);
  }
  if (!settings.alpn.empty()) {
    std::vector<unsigned char> wire = ProtocolList(settings.alpn);
    Require(SSL_CTX_set_alpn_protos(context, wire.data(), static_cast<unsigned>(wire.size())) == 0);
  }
  if (!settings.cert_file.empty()) {
    Require(SSL_CTX_use_certificate_chain_file(context, settings.cert_file.c_str()) == 1);
    Require(SSL_CTX_use_PrivateKey_file(context, settings.key_file.c_str(), SSL_FILETYPE_PEM) == 1);
  }
}

}  // namespace

TlsClient::TlsClient(const TlsClientSettings& settings)
    : context_(SSL_CTX_new(settings.datagram ? DTLS_client_method() : TLS_client_method())) {
  Require(context_ != nullptr);
  Configure(context_.get(), settings);
  SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_CLIENT);
  SSL_CTX_sess_set_new_cb(context_.get(), &TlsClient::KeepSession);
  SSL_CTX_set_app_data(context_.get(), this);
  ssl_.reset(SSL_new(context_.get()));
  Require(ssl_ != nullptr);
  SSL_set_connect_state(ssl_.get());
}

TlsClient::~TlsClient() {
  SSL_SESSION_free(session_);
}

void TlsClient::Resume(SSL_SESSION* session) {
  Require(SSL_set_session(ssl_.get(), session) == 1);
}

int TlsClient::KeepSession(SSL* ssl, SSL_SESSION* session) {
  auto* client = static_cast<TlsClient*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  SSL_SESSION_free(client->session_);
  client->session_ = session;
  return 1;  // the reference is ours now
}

PumpResult PumpHandshake(SSL* client, SSL* server) {
  Join(client, server);
  PumpResult result;
  uint64_t moved = 0;
  do {
    moved = BytesMoved(client, server);
    if (!result.client_done) result.client_done = Step(client, &result.client_error);
    if (!result.server_done) result.server_done = Step(server, &result.server_error);
  } while (!result.done() && BytesMoved(client, server) != moved);
  if (result.client_done) ReadNothing(client, &result.client_error);
  if (result.server_done) ReadNothing(server, &result.server_error);
  return result;
}

std::string PumpText(SSL* from, SSL* to, const std::string& text) {
  if (SSL_write(from, text.data(), static_cast<int>(text.size())) <= 0) return "";
  std::string out;
  char chunk[4096];
  int n;
  while ((n = SSL_read(to, chunk, sizeof chunk)) > 0) out.append(chunk, static_cast<size_t>(n));
  ERR_clear_error();
  return out;
}

}  // namespace culvert::testing
