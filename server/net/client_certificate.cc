#include "server/net/client_certificate.h"

#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

namespace culvert::net {
namespace {

using Names = std::vector<std::string>;

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string TextOf(const ASN1_STRING* value) {
  const unsigned char* const bytes = ASN1_STRING_get0_data(value);
  // With its length: a NUL in it ends no name.
  return {bytes, bytes + ASN1_STRING_length(value)};
}

Names CommonNames(const X509* certificate) {
  const X509_NAME* const subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  // Of several, which one is the user? None.
  if (at < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0) return {};
  unsigned char* utf8 = nullptr;
  const int size =
      ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  if (size < 0) return {};
  Names names = {std::string(utf8, utf8 + size)};
  OPENSSL_free(utf8);
  return names;
}

int TypeOf(CertificateField field) {
  switch (field) {
    case CertificateField::kDns:
      return GEN_DNS;
    case CertificateField::kEmail:
      return GEN_EMAIL;
    case CertificateField::kUri:
      return GEN_URI;
    case CertificateField::kCommonName:
      break;
  }
  return -1;
}

void AddUri(std::string uri, Names* names) {
  for (const std::string_view scheme : {"sip:", "sips:"}) {
    if (uri.starts_with(scheme)) names->push_back(uri.substr(scheme.size()));
  }
  names->push_back(std::move(uri));
}

Names AlternativeNames(const X509* certificate, CertificateField field) {
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> all(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      &GENERAL_NAMES_free);
  Names names;
  for (int i = 0; all != nullptr && i < sk_GENERAL_NAME_num(all.get()); ++i) {
    int type = 0;
    const void* const value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(all.get(), i), &type);
    if (type != TypeOf(field)) continue;
    std::string name = TextOf(static_cast<const ASN1_STRING*>(value));
    if (field == CertificateField::kUri) {
      AddUri(std::move(name), &names);
    } else {
      names.push_back(std::move(name));
    }
  }
  return names;
}

bool IsOver(const X509* certificate, WallTime now) {
  std::time_t time = std::chrono::system_clock::to_time_t(now);
  return X509_cmp_time(X509_get0_notAfter(certificate), &time) <= 0;
}

}  // namespace

bool CertificateNames(const ssl_st* ssl, CertificateField field,
                      std::initializer_list<std::string_view> names, WallTime now) {
  if (ssl == nullptr || SSL_get_verify_result(ssl) != X509_V_OK) return false;
  const X509* const certificate = SSL_get0_peer_certificate(ssl);
  // A ticket resumes without a look at the date, and a connection may outlive it.
  if (certificate == nullptr || IsOver(certificate, now)) return false;
  const Names certified = field == CertificateField::kCommonName
                              ? CommonNames(certificate)
                              : AlternativeNames(certificate, field);
  const auto same = [field](char a, char b) {
    return field == CertificateField::kDns ? Lower(a) == Lower(b) : a == b;
  };
  return std::ranges::any_of(names, [&](std::string_view name) {
    return !name.empty() && std::ranges::any_of(certified, [&](const std::string& its) {
      return std::ranges::equal(its, name, same);
    });
  });
}

}  // namespace culvert::net
