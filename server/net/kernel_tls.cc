#include "server/net/kernel_tls.h"

#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/crypto.h>
#include <poll.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "server/net/fd.h"

namespace culvert::net {
namespace {

constexpr uint8_t kAlertRecord = 21;  // RFC 8446 section 5.1

// Where a cipher's structure has what changes from record to record.
struct Layout {
  uint16_t cipher;
  uint16_t size;
  uint16_t sequence;
  uint16_t nonce;  // TLS 1.2: the explicit part, sent in each record; 0: there is none
};

constexpr Layout kLayouts[] = {
    {TLS_CIPHER_AES_GCM_128, sizeof(tls12_crypto_info_aes_gcm_128),
     offsetof(tls12_crypto_info_aes_gcm_128, rec_seq), offsetof(tls12_crypto_info_aes_gcm_128, iv)},
    {TLS_CIPHER_AES_GCM_256, sizeof(tls12_crypto_info_aes_gcm_256),
     offsetof(tls12_crypto_info_aes_gcm_256, rec_seq), offsetof(tls12_crypto_info_aes_gcm_256, iv)},
    {TLS_CIPHER_CHACHA20_POLY1305, sizeof(tls12_crypto_info_chacha20_poly1305),
     offsetof(tls12_crypto_info_chacha20_poly1305, rec_seq), 0},
};

// Both begin every one of the kernel's structures.
tls_crypto_info KindOf(const void* crypto_info) {
  tls_crypto_info kind;
  std::memcpy(&kind, crypto_info, sizeof kind);
  return kind;
}

const Layout* LayoutOf(const void* crypto_info) {
  const auto* found =
      std::find_if(std::begin(kLayouts), std::end(kLayouts), [crypto_info](const Layout& layout) {
        return layout.cipher == KindOf(crypto_info).cipher_type;
      });
  return found == std::end(kLayouts) ? nullptr : found;
}

void AddTo(uint8_t* number, uint64_t more) {
  StoreBig64(number, LoadBig64(number) + more);
}

SysResult Attach(Syscalls& sys, int fd) {
  constexpr char kName[] = "tls";
  return sys.SetOption(fd, IPPROTO_TCP, TCP_ULP, kName, sizeof kName);
}

}  // namespace

bool KernelTlsOffered(Syscalls& sys) {
  SysResult made = sys.Socket(AF_INET, SOCK_STREAM, 0);
  if (!made.ok()) made = sys.Socket(AF_INET6, SOCK_STREAM, 0);
  if (!made.ok()) return false;
  const Fd fd(static_cast<int>(made.value));
  // The socket is not connected. Only a kernel that has the module gets as far as to mind.
  const SysResult asked = Attach(sys, fd.get());
  return asked.ok() || asked.error == ENOTCONN;
}

std::unique_ptr<SendingKeys> SendingKeys::Note(const void* crypto_info) {
  const Layout* const layout = LayoutOf(crypto_info);
  if (layout == nullptr) return nullptr;
  static_assert(sizeof(tls12_crypto_info_aes_gcm_128) <= kMostSize &&
                sizeof(tls12_crypto_info_aes_gcm_256) <= kMostSize &&
                sizeof(tls12_crypto_info_chacha20_poly1305) <= kMostSize);
  std::unique_ptr<SendingKeys> keys(new SendingKeys);
  std::memcpy(keys->info_.data(), crypto_info, layout->size);
  return keys;
}

SendingKeys::~SendingKeys() {
  OPENSSL_cleanse(info_.data(), info_.size());
}

void SendingKeys::Count(ByteView written) {
  while (!written.empty()) {
    if (body_left_ > 0) {
      const size_t n = std::min<size_t>(body_left_, written.size());
      body_left_ = static_cast<uint16_t>(body_left_ - n);
      written = written.subspan(n);
      continue;
    }
    header_[header_size_++] = written[0];
    written = written.subspan(1);
    if (header_size_ < header_.size()) continue;
    body_left_ = LoadBig16(&header_[3]);
    header_size_ = 0;
    ++records_;
  }
}

// Sequence numbers count records (RFC 8446 section 5.3). The explicit nonces of TLS 1.2 must never
// come twice (RFC 5288 section 3): OpenSSL counts them up from a random one, and so does the
// kernel.
void SendingKeys::Advance() {
  const Layout& layout = *LayoutOf(info_.data());
  AddTo(info_.data() + layout.sequence, records_);
  if (layout.nonce != 0 && KindOf(info_.data()).version == TLS_1_2_VERSION) {
    AddTo(info_.data() + layout.nonce, records_);
  }
  records_ = 0;
}

bool SendingKeys::GiveToKernel(Syscalls& sys, int fd) {
  if (body_left_ > 0 || header_size_ > 0 || !Attach(sys, fd).ok()) return false;
  Advance();
  return sys.SetOption(fd, SOL_TLS, TLS_TX, info_.data(), LayoutOf(info_.data())->size).ok();
}

SysResult SendAlertThroughKernel(Syscalls& sys, int fd, ByteView alert) {
  pollfd room{fd, POLLOUT, 0};
  if (poll(&room, 1, 0) == 0) return {-1, EAGAIN};
  iovec piece{const_cast<uint8_t*>(alert.data()), alert.size()};
  alignas(cmsghdr) std::array<uint8_t, CMSG_SPACE(sizeof kAlertRecord)> control{};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* const type = CMSG_FIRSTHDR(&message);
  type->cmsg_level = SOL_TLS;
  type->cmsg_type = TLS_SET_RECORD_TYPE;
  type->cmsg_len = CMSG_LEN(sizeof kAlertRecord);
  *CMSG_DATA(type) = kAlertRecord;
  return sys.SendMessage(fd, message);
}

}  // namespace culvert::net
