// Certificates, and what TLS and DTLS may negotiate.

#include <array>
#include <utility>

#include "server/config/option_groups.h"
#include "server/config/option_row.h"
#include "server/config/setters.h"

namespace culvert::config {
namespace {

// The defaults may be missing; a file that was asked for may not.
template <auto kMember>
std::optional<std::string> SetCertificateFile(Options& options, std::string_view value) {
  options.cert_given = true;
  return SetText<kMember>(options, value);
}

std::optional<std::string> SetClientCertUser(Options& options, std::string_view value) {
  constexpr std::array<std::pair<std::string_view, CertificateUser>, 5> kWords = {
      {{"none", CertificateUser::kNobody},
       {"cn", CertificateUser::kCommonName},
       {"san-dns", CertificateUser::kDns},
       {"san-email", CertificateUser::kEmail},
       {"san-uri", CertificateUser::kUri}}};
  for (const auto& [word, user] : kWords) {
    if (value != word) continue;
    options.client_cert_user = user;
    return std::nullopt;
  }
  return std::string("expected none, cn, san-dns, san-email or san-uri");
}

constexpr std::string_view kNoOldTls = "TLS 1.2 is the least that is spoken";
constexpr std::string_view kNoOldTlsObsolete = "obsolete: TLS 1.2 is the least that is spoken";
constexpr std::string_view kNoWeakGroups =
    "weak groups are never offered; a group of one's own comes from dh-file";

constexpr std::array kOptions = {
    Value("cert", kNoLetter, "FILE", "turn_server_cert.pem", SetCertificateFile<&Options::cert>,
          "Certificate chain, PEM. Without cert and pkey, and where the default files are missing, "
          "TLS and DTLS are off, with a warning."),
    Value("pkey", kNoLetter, "FILE", "turn_server_pkey.pem", SetCertificateFile<&Options::pkey>,
          "Private key of the certificate, PEM."),
    Secret(Value("pkey-pwd", kNoLetter, "PASSWORD", "none", SetText<&Options::pkey_password>,
                 "Password of the private key.")),
    Value("pkey-pwd-file", kNoLetter, "FILE", "none", SetOneLine<SetText<&Options::pkey_password>>,
          "A file whose one line is the password of the private key."),
    Value(
        "cipher-list", kNoLetter, "LIST", "automatic", SetText<&Options::cipher_list>,
        "Suites of TLS 1.3 and 1.2 in one list, in OpenSSL's notation or by the standard's names; "
        "a version that it does not mention keeps the default. Without it: forward secrecy and "
        "authenticated encryption only."),
    Value("CA-file", kNoLetter, "FILE", "none", SetText<&Options::ca_file>,
          "Clients must show a certificate of one of these authorities, PEM."),
    Value(
        "client-cert-user", kNoLetter, "none|cn|san-dns|san-email|san-uri", "none",
        SetClientCertUser,
        "What of a client's certificate must name its user, or every request is refused (401): the "
        "subject's CN, or an entry of its SubjectAltName; of sip:USER the user will do. Needs "
        "CA-file."),
    Value("dh-file", kNoLetter, "FILE", "automatic", SetText<&Options::dh_file>,
          "Diffie-Hellman group for TLS 1.2, PEM."),
    Value("ec-curve-name", kNoLetter, "NAME", "automatic", SetText<&Options::ec_curve_name>,
          "Curve for the key exchange, or several with colons between them. Without it: X25519, "
          "P-256, P-384."),
    Flag("no-tlsv1_2", kNoLetter, "no", SetFlag<&Options::tls_1_2, false>, "TLS 1.3 only."),
    Flag(
        "no-kernel-tls", kNoLetter, "no", SetFlag<&Options::kernel_tls, false>,
        "Never leaves encryption to the kernel. Without it the kernel, where it can (Linux, module "
        "tls), encrypts what goes to clients on the data connections of RFC 6062."),

    NoEffectFlag("tlsv1", "no", kNoOldTls),
    NoEffectFlag("tlsv1_1", "no", kNoOldTls),
    NoEffectFlag("no-tlsv1", "", kNoOldTlsObsolete),
    NoEffectFlag("no-tlsv1_1", "", kNoOldTlsObsolete),
    NoEffectFlag("no-sslv2", "", kNoOldTlsObsolete),
    NoEffectFlag("no-sslv3", "", kNoOldTlsObsolete),
    NoEffectFlag("dh566", "no", kNoWeakGroups),
    NoEffectFlag("dh1066", "no", kNoWeakGroups),
    NoEffectFlag("raw-public-keys", "no", "clients are shown a certificate, never a bare key"),
};

}  // namespace

std::span<const Option> TlsOptions() {
  return kOptions;
}

}  // namespace culvert::config
