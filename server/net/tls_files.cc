#include "server/net/tls_files.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "server/base/result.h"

namespace culvert::net {
namespace {

struct OpenSslDeleter {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
template <typename T>
using Owned = std::unique_ptr<T, OpenSslDeleter>;

// More than any chain needs; keeps a mistyped path to a device or a log from filling the memory.
constexpr size_t kMaxFileBytes = 4 * 1024 * 1024;

std::string Name(const char* option, const std::string& file) {
  return std::string(option) + " " + file;
}

std::string CannotRead(const char* option, const std::string& file, int error) {
  std::string text = Name(option, file) + ": cannot be read: " + std::strerror(error);
  if (error == EACCES || error == EPERM) {
    text += "; make the file and its folders readable for user id " + std::to_string(geteuid()) +
            ", which the relay runs as";
  } else if (error == ENOENT) {
    text += "; give the path of an existing PEM file";
  }
  return text;
}

Result<std::string, std::string> ReadFile(const char* option, const std::string& file) {
  std::unique_ptr<FILE, int (*)(FILE*)> in(std::fopen(file.c_str(), "re"), &std::fclose);
  if (!in) return Failure{CannotRead(option, file, errno)};
  std::string content;
  char chunk[4096];
  size_t n;
  while ((n = std::fread(chunk, 1, sizeof chunk, in.get())) > 0) {
    content.append(chunk, n);
    if (content.size() > kMaxFileBytes) {
      return Failure{Name(option, file) + ": is larger than 4 MB, so it is no PEM file"};
    }
  }
  if (std::ferror(in.get())) return Failure{CannotRead(option, file, errno)};
  return content;
}

Owned<BIO> MemoryBio(const std::string& content) {
  return Owned<BIO>(BIO_new_mem_buf(content.data(), static_cast<int>(content.size())));
}

// OpenSSL asks for the password of an encrypted key here. No answer from a terminal: a server that
// waits for one looks dead.
int GivePassword(char* out, int size, int /*writing*/, void* password) {
  const auto& text = *static_cast<const std::string*>(password);
  int length = static_cast<int>(std::min(text.size(), static_cast<size_t>(size)));
  std::memcpy(out, text.data(), static_cast<size_t>(length));
  return length;
}

TlsFileError UseChain(SSL_CTX* context, const std::string& file, const std::string& content) {
  Owned<BIO> in = MemoryBio(content);
  Owned<X509> certificate(PEM_read_bio_X509_AUX(in.get(), nullptr, nullptr, nullptr));
  if (!certificate) {
    return Name("cert", file) + ": holds no certificate that OpenSSL can read (" +
           TakeOpenSslReason() + "); it must be PEM, beginning with -----BEGIN CERTIFICATE-----";
  }
  if (SSL_CTX_use_certificate(context, certificate.get()) != 1) {
    return Name("cert", file) + ": OpenSSL refuses the certificate: " + TakeOpenSslReason();
  }
  SSL_CTX_clear_chain_certs(context);
  while (X509* next = PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)) {
    if (SSL_CTX_add0_chain_cert(context, next) == 1) continue;
    X509_free(next);
    return Name("cert", file) +
           ": OpenSSL refuses an intermediate certificate: " + TakeOpenSslReason();
  }
  ERR_clear_error();  // the end of the file counts as an error there
  return std::nullopt;
}

std::string KeyRefused(const std::string& file, const std::string& content,
                       const std::string& password) {
  std::string reason = TakeOpenSslReason();
  if (content.find("ENCRYPTED") != std::string::npos) {
    return Name("pkey", file) +
           (password.empty()
                ? ": the key is encrypted; give its password as pkey-pwd"
                : ": the key does not open with the password in pkey-pwd (" + reason + ")");
  }
  return Name("pkey", file) + ": holds no private key that OpenSSL can read (" + reason +
         "); it must be PEM, beginning with -----BEGIN PRIVATE KEY-----";
}

TlsFileError UseKey(SSL_CTX* context, const TlsSettings& settings, const std::string& file,
                    const std::string& content) {
  std::string password = settings.pkey_password;
  Owned<BIO> in = MemoryBio(content);
  Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(in.get(), nullptr, &GivePassword, &password));
  if (!key) return KeyRefused(file, content, password);
  X509* certificate = SSL_CTX_get0_certificate(context);
  if (X509_check_private_key(certificate, key.get()) != 1) {
    return Name("pkey", file) + ": does not belong to " + Name("cert", settings.cert_file) + " (" +
           TakeOpenSslReason() + "); give the key that this certificate was made for";
  }
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1) {
    return Name("pkey", file) + ": OpenSSL refuses the key: " + TakeOpenSslReason();
  }
  return std::nullopt;
}

}  // namespace

TlsFileError UseCertificateAndKey(SSL_CTX* context, const TlsSettings& settings) {
  Result<std::string, std::string> chain = ReadFile("cert", settings.cert_file);
  if (!chain) return chain.error();
  if (TlsFileError error = UseChain(context, settings.cert_file, *chain)) return error;

  const std::string& key_file =
      settings.pkey_file.empty() ? settings.cert_file : settings.pkey_file;
  Result<std::string, std::string> key = ReadFile("pkey", key_file);
  if (!key) return key.error();
  TlsFileError error = UseKey(context, settings, key_file, *key);
  OPENSSL_cleanse(key->data(), key->size());
  return error;
}

TlsFileError UseClientAuthorities(SSL_CTX* context, const TlsSettings& settings) {
  const std::string& file = settings.ca_file;
  Result<std::string, std::string> content = ReadFile("CA-file", file);
  if (!content) return content.error();
  STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(file.c_str());
  if (names == nullptr || SSL_CTX_load_verify_file(context, file.c_str()) != 1) {
    sk_X509_NAME_pop_free(names, &X509_NAME_free);
    return Name("CA-file", file) + ": holds no certificate that OpenSSL can read (" +
           TakeOpenSslReason() + "); it must be PEM";
  }
  SSL_CTX_set_client_CA_list(context, names);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  uint8_t digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const uint8_t*>(content->data()), content->size(), digest);
  SSL_CTX_set_session_id_context(context, digest, sizeof digest);
  return std::nullopt;
}

TlsFileError UseDhParameters(SSL_CTX* context, const TlsSettings& settings) {
  Result<std::string, std::string> content = ReadFile("dh-file", settings.dh_file);
  if (!content) return content.error();
  Owned<BIO> in = MemoryBio(*content);
  Owned<EVP_PKEY> parameters(PEM_read_bio_Parameters(in.get(), nullptr));
  if (!parameters || EVP_PKEY_get_base_id(parameters.get()) != EVP_PKEY_DH) {
    return Name("dh-file", settings.dh_file) + ": holds no DH parameters; make some with " +
           "`openssl dhparam -out FILE 2048`, or leave the option out";
  }
  if (SSL_CTX_set0_tmp_dh_pkey(context, parameters.get()) != 1) {
    return Name("dh-file", settings.dh_file) +
           ": OpenSSL refuses the parameters: " + TakeOpenSslReason();
  }
  static_cast<void>(parameters.release());  // the context owns them now
  return std::nullopt;
}

std::string TakeOpenSslReason() {
  unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "no reason given";
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "error " + std::to_string(ERR_GET_REASON(code));
}

}  // namespace culvert::net
