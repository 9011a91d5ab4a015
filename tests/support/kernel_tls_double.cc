#include "tests/support/kernel_tls_double.h"

#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace culvert::testing {
namespace {

constexpr uint8_t kDataRecord = 23;
constexpr size_t kMostPlaintext = 16384;
constexpr size_t kTagSize = 16;
constexpr size_t kHeaderSize = 5;

net::SysResult Failed(int error) {
  return {-1, error};
}

uint64_t InodeOf(int fd) {
  struct stat about {};
  return fstat(fd, &about) == 0 ? about.st_ino : 0;
}

const EVP_CIPHER* CipherOf(uint16_t number) {
  switch (number) {
    case TLS_CIPHER_AES_GCM_128:
      return EVP_aes_128_gcm();
    case TLS_CIPHER_AES_GCM_256:
      return EVP_aes_256_gcm();
    default:
      return EVP_chacha20_poly1305();
  }
}

// Appends ciphertext and tag of `plain` to `out`.
void Seal(uint16_t cipher, const std::vector<uint8_t>& key, ByteView nonce, ByteView header,
          ByteView plain, std::vector<uint8_t>* out) {
  EVP_CIPHER_CTX* const context = EVP_CIPHER_CTX_new();
  const size_t at = out->size();
  out->resize(at + plain.size() + kTagSize);
  int n = 0;
  const bool done =
      EVP_EncryptInit_ex(context, CipherOf(cipher), nullptr, key.data(), nonce.data()) == 1 &&
      EVP_EncryptUpdate(context, nullptr, &n, header.data(), static_cast<int>(header.size())) ==
          1 &&
      EVP_EncryptUpdate(context, out->data() + at, &n, plain.data(),
                        static_cast<int>(plain.size())) == 1 &&
      EVP_EncryptFinal_ex(context, out->data() + at + n, &n) == 1 &&
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kTagSize,
                          out->data() + at + plain.size()) == 1;
  EVP_CIPHER_CTX_free(context);
  if (!done) std::abort();
}

void PutHeader(uint8_t* at, uint8_t type, size_t body) {
  at[0] = type;
  StoreBig16(at + 1, TLS_1_2_VERSION);
  StoreBig16(at + 3, static_cast<uint16_t>(body));
}

// The per-record nonce of TLS 1.3 (RFC 8446 section 5.3), and of ChaCha20 in TLS 1.2 (RFC 7905).
std::array<uint8_t, 12> MixedNonce(const std::vector<uint8_t>& salt, const std::vector<uint8_t>& iv,
                                   uint64_t sequence) {
  std::array<uint8_t, 12> nonce;
  std::copy(iv.begin(), iv.end(), std::copy(salt.begin(), salt.end(), nonce.begin()));
  StoreBig64(&nonce[4], LoadBig64(&nonce[4]) ^ sequence);
  return nonce;
}

template <typename Info>
bool Split(const void* value, socklen_t size, std::vector<uint8_t>* key, std::vector<uint8_t>* salt,
           std::vector<uint8_t>* iv, uint64_t* sequence) {
  if (size != sizeof(Info)) return false;
  const auto* info = static_cast<const Info*>(value);
  key->assign(info->key, info->key + sizeof info->key);
  salt->assign(info->salt, info->salt + sizeof info->salt);
  iv->assign(info->iv, info->iv + sizeof info->iv);
  *sequence = LoadBig64(info->rec_seq);
  return true;
}

}  // namespace

void KernelTlsDouble::Refuse(Step step, int error) {
  const std::lock_guard lock(mutex_);
  refusals_[static_cast<size_t>(step)].push_back(error);
}

int KernelTlsDouble::TakeRefusal(Step step) {
  const std::lock_guard lock(mutex_);
  std::deque<int>& waiting = refusals_[static_cast<size_t>(step)];
  if (waiting.empty()) return 0;
  const int error = waiting.front();
  waiting.pop_front();
  return error;
}

void KernelTlsDouble::Limit(size_t most) {
  const std::lock_guard lock(mutex_);
  limits_.push_back(most);
}

size_t KernelTlsDouble::TakeLimit() {
  const std::lock_guard lock(mutex_);
  if (limits_.empty()) return SIZE_MAX;
  const size_t most = limits_.front();
  limits_.pop_front();
  return most;
}

std::vector<KernelTlsDouble::Record> KernelTlsDouble::records() const {
  const std::lock_guard lock(mutex_);
  return records_;
}

KernelTlsDouble::Sender* KernelTlsDouble::Find(int fd) {
  const std::lock_guard lock(mutex_);
  const auto found = senders_.find(fd);
  if (found == senders_.end() || found->second.inode != InodeOf(fd)) return nullptr;
  return found->second.has_keys ? &found->second : nullptr;
}

net::SysResult KernelTlsDouble::SetOption(int fd, int level, int name, const void* value,
                                          socklen_t size) {
  ++options_set_;
  if (level == IPPROTO_TCP && name == TCP_ULP) {
    if (std::string_view(static_cast<const char*>(value)) != "tls") return Failed(ENOENT);
    return Attach(fd);
  }
  if (level == SOL_TLS && name == TLS_TX) return TakeKeys(fd, value, size);
  return Syscalls::SetOption(fd, level, name, value, size);
}

net::SysResult KernelTlsDouble::Attach(int fd) {
  if (const int error = TakeRefusal(Step::kAttach)) return Failed(error);
  sockaddr_storage peer;
  socklen_t size = sizeof peer;
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0) return Failed(ENOTCONN);
  const std::lock_guard lock(mutex_);
  Sender& sender = senders_[fd];
  if (sender.inode == InodeOf(fd)) return Failed(EEXIST);
  sender = Sender();
  sender.inode = InodeOf(fd);
  return {0, 0};
}

net::SysResult KernelTlsDouble::TakeKeys(int fd, const void* value, socklen_t size) {
  if (const int error = TakeRefusal(Step::kKeys)) return Failed(error);
  const std::lock_guard lock(mutex_);
  const auto found = senders_.find(fd);
  if (found == senders_.end() || found->second.inode != InodeOf(fd)) return Failed(ENOPROTOOPT);
  Sender& sender = found->second;
  if (sender.has_keys) return Failed(EBUSY);
  tls_crypto_info kind;
  std::memcpy(&kind, value, sizeof kind);
  sender.version = kind.version;
  sender.cipher = kind.cipher_type;
  switch (kind.cipher_type) {
    case TLS_CIPHER_AES_GCM_128:
      sender.has_keys = Split<tls12_crypto_info_aes_gcm_128>(value, size, &sender.key, &sender.salt,
                                                             &sender.iv, &sender.sequence);
      break;
    case TLS_CIPHER_AES_GCM_256:
      sender.has_keys = Split<tls12_crypto_info_aes_gcm_256>(value, size, &sender.key, &sender.salt,
                                                             &sender.iv, &sender.sequence);
      break;
    case TLS_CIPHER_CHACHA20_POLY1305:
      sender.has_keys = Split<tls12_crypto_info_chacha20_poly1305>(
          value, size, &sender.key, &sender.salt, &sender.iv, &sender.sequence);
      break;
  }
  return sender.has_keys ? net::SysResult{0, 0} : Failed(EINVAL);
}

void KernelTlsDouble::MakeRecord(Sender& sender, uint8_t type, ByteView bytes) {
  std::vector<uint8_t>& out = sender.held;
  const size_t at = out.size();
  out.resize(at + kHeaderSize);
  if (sender.version == TLS_1_3_VERSION) {
    std::vector<uint8_t> inner(bytes.begin(), bytes.end());
    inner.push_back(type);
    PutHeader(&out[at], kDataRecord, inner.size() + kTagSize);
    const std::vector<uint8_t> header(out.begin() + static_cast<ptrdiff_t>(at), out.end());
    Seal(sender.cipher, sender.key, MixedNonce(sender.salt, sender.iv, sender.sequence), header,
         inner, &out);
  } else {
    // RFC 5246 section 6.2.3.3, RFC 5288.
    const bool explicit_nonce = sender.cipher != TLS_CIPHER_CHACHA20_POLY1305;
    std::array<uint8_t, 13> header;
    StoreBig64(header.data(), sender.sequence);
    PutHeader(&header[8], type, bytes.size());
    std::vector<uint8_t> nonce(sender.salt);
    if (explicit_nonce) {
      nonce.insert(nonce.end(), sender.iv.begin(), sender.iv.end());
      out.insert(out.end(), sender.iv.begin(), sender.iv.end());
      StoreBig64(sender.iv.data(), LoadBig64(sender.iv.data()) + 1);
    } else {
      const auto mixed = MixedNonce(sender.salt, sender.iv, sender.sequence);
      nonce.assign(mixed.begin(), mixed.end());
    }
    Seal(sender.cipher, sender.key, nonce, header, bytes, &out);
    PutHeader(&out[at], type, out.size() - at - kHeaderSize);
  }
  ++sender.sequence;
  const std::lock_guard lock(mutex_);
  records_.push_back({type, bytes.size()});
}

bool KernelTlsDouble::Push(int fd, Sender& sender) {
  while (!sender.held.empty()) {
    const net::SysResult sent = Syscalls::Send(fd, sender.held.data(), sender.held.size());
    if (sent.ok()) {
      sender.held.erase(sender.held.begin(), sender.held.begin() + sent.value);
    } else if (!sent.would_block()) {
      sender.held.clear();  // the connection is broken; the next call of its owner is told
    } else if (waits_) {
      pollfd room{fd, POLLOUT, 0};
      poll(&room, 1, -1);
    } else {
      return false;
    }
  }
  return true;
}

bool KernelTlsDouble::Settle(int fd) {
  Sender* const sender = Find(fd);
  return sender == nullptr || Push(fd, *sender);
}

net::SysResult KernelTlsDouble::SendAs(int fd, Sender& sender, uint8_t type,
                                       const std::vector<uint8_t>& bytes) {
  size_t taken = 0;
  while (taken < bytes.size() && Push(fd, sender)) {
    pollfd room{fd, POLLOUT, 0};
    if (poll(&room, 1, 0) == 0) break;
    if ((room.revents & POLLERR) != 0) return Syscalls::Send(fd, bytes.data(), 1);
    const size_t n = std::min(bytes.size() - taken, kMostPlaintext);
    MakeRecord(sender, type, ByteView(bytes).subspan(taken, n));
    taken += n;
  }
  Push(fd, sender);
  return taken > 0 ? net::SysResult{static_cast<int64_t>(taken), 0} : Failed(EAGAIN);
}

net::SysResult KernelTlsDouble::Send(int fd, const void* buffer, size_t size) {
  const iovec piece{const_cast<void*>(buffer), size};
  return SendVector(fd, &piece, 1);
}

net::SysResult KernelTlsDouble::SendVector(int fd, const iovec* pieces, size_t count) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces);
  message.msg_iovlen = count;
  return SendMessage(fd, message);
}

net::SysResult KernelTlsDouble::SendMessage(int fd, const msghdr& message) {
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i < message.msg_iovlen; ++i) {
    const auto* from = static_cast<const uint8_t*>(message.msg_iov[i].iov_base);
    bytes.insert(bytes.end(), from, from + message.msg_iov[i].iov_len);
  }
  const size_t most = std::min(bytes.size(), TakeLimit());
  if (most == 0) return Failed(EAGAIN);
  bytes.resize(most);
  Sender* const sender = Find(fd);
  if (sender == nullptr) return Syscalls::Send(fd, bytes.data(), bytes.size());
  uint8_t type = kDataRecord;
  msghdr readable = message;
  for (cmsghdr* c = CMSG_FIRSTHDR(&readable); c != nullptr; c = CMSG_NXTHDR(&readable, c)) {
    if (c->cmsg_level != SOL_TLS || c->cmsg_type != TLS_SET_RECORD_TYPE) return Failed(EINVAL);
    type = *CMSG_DATA(c);
  }
  return SendAs(fd, *sender, type, bytes);
}

net::SysResult KernelTlsDouble::Splice(int from, int to, size_t size) {
  Sender* const sender = Find(to);
  if (sender == nullptr) return Syscalls::Splice(from, to, size);
  pollfd room{to, POLLOUT, 0};
  if (!Push(to, *sender) || poll(&room, 1, 0) == 0) return Failed(EAGAIN);
  std::vector<uint8_t> bytes(std::min(size, kMostPlaintext));
  const ssize_t got = read(from, bytes.data(), bytes.size());
  if (got < 0) return Failed(errno);
  bytes.resize(static_cast<size_t>(got));
  // What was read is the kernel's, whether the socket has room or not.
  MakeRecord(*sender, kDataRecord, bytes);
  Push(to, *sender);
  return {got, 0};
}

}  // namespace culvert::testing
