#include "tests/support/test_certificate.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>

namespace culvert::testing {
namespace {

struct Free {
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(FILE* file) const { std::fclose(file); }
};
using CertificatePtr = std::unique_ptr<X509, Free>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Free>;
using FilePtr = std::unique_ptr<FILE, Free>;

// A test without its certificate proves nothing: end it where the reason is.
template <typename T>
T Require(T value, const char* what) {
  if (!value) {
    std::fprintf(stderr, "test certificate: %s failed\n", what);
    std::abort();
  }
  return value;
}

std::string MakeFolder() {
  const char* base = std::getenv("TEST_TMPDIR");
  std::string path = std::string(base != nullptr ? base : "/tmp") + "/culvert-cert-XXXXXX";
  Require(mkdtemp(path.data()) != nullptr, "mkdtemp");
  return path;
}

FilePtr Open(const std::string& path, const char* mode) {
  return FilePtr(Require(std::fopen(path.c_str(), mode), path.c_str()));
}

KeyPtr MakeKey(KeyType type) {
  EVP_PKEY* key = type == KeyType::kEc ? EVP_EC_gen("P-256") : EVP_RSA_gen(2048);
  return KeyPtr(Require(key, "key generation"));
}

KeyPtr ReadKey(const std::string& path) {
  FilePtr file = Open(path, "r");
  return KeyPtr(
      Require(PEM_read_PrivateKey(file.get(), nullptr, nullptr, nullptr), "reading a key"));
}

CertificatePtr ReadCertificate(const std::string& path) {
  FilePtr file = Open(path, "r");
  return CertificatePtr(
      Require(PEM_read_X509(file.get(), nullptr, nullptr, nullptr), "reading a certificate"));
}

void AddExtension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension =
      Require(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()), value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

CertificatePtr MakeCertificate(const CertificateRequest& request, EVP_PKEY* key) {
  static std::atomic<long> serial = 1;
  constexpr long kDay = 24 * 60 * 60;
  CertificatePtr certificate(Require(X509_new(), "X509_new"));
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kDay);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 30 * kDay);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(request.common_name.c_str()),
                             -1, -1, 0);

  CertificatePtr issuer;
  KeyPtr issuer_key;
  if (request.issuer != nullptr) {
    issuer = ReadCertificate(request.issuer->cert_file());
    issuer_key = ReadKey(request.issuer->key_file());
  }
  X509* signer = issuer ? issuer.get() : certificate.get();
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer));
  AddExtension(certificate.get(), signer, NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(certificate.get(), signer, NID_subject_alt_name,
               "DNS:" + request.common_name + ",IP:127.0.0.1,IP:::1" +
                   (request.more_names.empty() ? "" : "," + request.more_names));
  Require(X509_sign(certificate.get(), issuer_key ? issuer_key.get() : key, EVP_sha256()),
          "X509_sign");
  return certificate;
}

}  // namespace

TestCertificate::TestCertificate(const CertificateRequest& request) : folder_(MakeFolder()) {
  KeyPtr key = MakeKey(request.key_type);
  CertificatePtr certificate = MakeCertificate(request, key.get());
  Require(PEM_write_X509(Open(cert_file(), "w").get(), certificate.get()), "writing a certificate");
  const char* password = request.password.empty() ? nullptr : request.password.c_str();
  Require(PEM_write_PKCS8PrivateKey(Open(key_file(), "w").get(), key.get(),
                                    password != nullptr ? EVP_aes_128_cbc() : nullptr, password,
                                    static_cast<int>(request.password.size()), nullptr, nullptr),
          "writing a key");
}

TestCertificate::~TestCertificate() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string TestCertificate::WriteFile(const std::string& name, const std::string& content) const {
  std::string path = folder_ + "/" + name;
  std::ofstream(path) << content;
  return path;
}

}  // namespace culvert::testing
