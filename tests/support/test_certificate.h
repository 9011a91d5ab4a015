// Certificates for tests, made when the test runs: no key lies in the tree, none expires.
#pragma once

#include <string>

namespace culvert::testing {

enum class KeyType { kEc, kRsa };

class TestCertificate;

struct CertificateRequest {
  KeyType key_type = KeyType::kEc;  // P-256, or RSA of 2048 bits
  std::string common_name = "localhost";
  // Further SubjectAltNames in OpenSSL's words: "email:a@example.org,URI:sip:a@example.org".
  std::string more_names{};
  std::string password{};                   // encrypts the key file
  const TestCertificate* issuer = nullptr;  // null: self-signed
};

// A certificate and its key as two PEM files of a folder that is removed with this object.
class TestCertificate {
 public:
  explicit TestCertificate(const CertificateRequest& request = {});
  ~TestCertificate();
  TestCertificate(const TestCertificate&) = delete;
  TestCertificate& operator=(const TestCertificate&) = delete;

  const std::string& folder() const { return folder_; }
  std::string cert_file() const { return folder_ + "/cert.pem"; }
  std::string key_file() const { return folder_ + "/key.pem"; }

  // Writes a further file into the folder and returns its path.
  std::string WriteFile(const std::string& name, const std::string& content) const;

 private:
  std::string folder_;
};

}  // namespace culvert::testing
