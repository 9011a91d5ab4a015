// A connected TCP socket, plain or with TLS on it, as the relay uses it: whole reads into memory
// that belongs to the worker, gathered writes, nothing kept while the connection is idle.
//
// OpenSSL never touches the socket. One recv fills the worker's ciphertext buffer and SSL_read
// takes records from there; SSL_write puts records into the worker's output buffer and one send
// takes them all. What the kernel does not take is kept by the stream (unsent()) until the socket
// is writable again. Where the kernel makes TLS records itself it can be given the sending half of
// a session (SendThroughKernel); then what is written, and kept, is plaintext.
//
// Not thread-safe; moves to another worker as a whole (Rebind).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "server/base/bytes.h"
#include "server/net/fd.h"
#include "server/net/kernel_tls.h"
#include "server/net/syscalls.h"
#include "server/net/tls_context.h"

namespace culvert::net {

// Memory that nobody has written to costs address space only: threads that handle small messages
// use a few pages of what bulk needs.
class UntouchedBytes {
 public:
  explicit UntouchedBytes(size_t size)
      : memory_(std::make_unique_for_overwrite<uint8_t[]>(size)), size_(size) {}
  uint8_t* data() { return memory_.get(); }
  size_t size() const { return size_; }

 private:
  std::unique_ptr<uint8_t[]> memory_;
  size_t size_;
};

// A worker's memory for streams. One per worker, shared by all its streams; contents are valid
// within one call.
struct StreamBuffers {
  // One recv. Larger means fewer system calls for bulk, and more memory a worker.
  static constexpr size_t kRead = 256 * 1024;
  // Room in front for the cut message that an earlier read left over.
  static constexpr size_t kPrefix = 66 * 1024;
  // A record that was incomplete before may add its plaintext to one read.
  static constexpr size_t kRecord = 17 * 1024;
  // Gathered plaintext for one SSL_write train.
  static constexpr size_t kWrite = 256 * 1024;

  StreamBuffers() : cipher_in(kRead), plain(kPrefix + kRead + kRecord), plain_out(kWrite) {
    cipher_out.reserve(kWrite + kRead / 8);
  }

  UntouchedBytes cipher_in;
  size_t cipher_begin = 0;
  size_t cipher_end = 0;
  UntouchedBytes plain;
  UntouchedBytes plain_out;
  std::vector<uint8_t> cipher_out;
};

enum class StreamEnd : uint8_t {
  kOpen,
  kFin,     // the other side will send no more: FIN or close_notify
  kReset,   // RST, or the connection timed out
  kFailed,  // TLS broke down; an alert was sent
};

struct StreamRead {
  ByteView
      data;  // prefix and what came; in the worker's buffer, until the next call on this worker
  StreamEnd end = StreamEnd::kOpen;
};

class Stream {
 public:
  // `buffers` is the worker's and outlives the stream.
  Stream(Syscalls& sys, Fd fd, StreamBuffers* buffers);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  int fd() const { return fd_.get(); }

  // Takes a server-side session; from here on the bytes on the socket are TLS.
  void StartTls(SslPtr ssl);
  bool is_tls() const { return ssl_ != nullptr; }
  bool handshaking() const;
  const ssl_st* ssl() const { return ssl_.get(); }
  // The name in the ClientHello (RFC 6066 section 3); empty without TLS or without a name.
  std::string_view server_name() const { return ServerNameOf(ssl_.get()); }

  // The first bytes of a connection of which it is not known yet whether they are TLS: as they
  // came, in the worker's buffer behind a copy of `earlier` (at most StreamBuffers::kPrefix bytes),
  // where TakeFirst finds them.
  StreamRead ReadFirst(ByteView earlier = {});
  // What ReadFirst brought: decrypted after StartTls, else as it is. REQUIRES: nothing else was
  // done on this worker in between.
  StreamRead TakeFirst();
  // Decrypts what another thread's ReadFirst brought (at most StreamBuffers::kRead bytes); what is
  // left of it waits for more. REQUIRES: is_tls().
  StreamRead Open(ByteView received);
  // One recv of up to `most` bytes and all that it decrypts to, behind a copy of `prefix` (at most
  // StreamBuffers::kPrefix bytes).
  StreamRead Read(ByteView prefix = {}, size_t most = StreamBuffers::kRead);

  // Sends the concatenation of `pieces`; always accepted while the stream is sound. False when the
  // connection is broken. Callers look at unsent() first: what piles up there is theirs to bound.
  // On TLS they make as few records as hold them, but that a record ends behind each piece whose
  // index is in `record_ends` (ascending).
  bool Write(std::span<const iovec> pieces, std::span<const uint32_t> record_ends = {});
  bool Write(ByteView bytes);
  size_t unsent() const { return unsent_data() + (alert_waits_ ? alert_.size() : 0); }
  // Handshake messages that OpenSSL wrote during a Read that also brought data: they wait for the
  // answer to that data, so as to share its system call. Sends them if none came.
  bool SendFlight() { return flight_.empty() || WriteTls({}, {}); }
  // When writable: sends what is kept. False when the connection is broken.
  bool Flush();
  // Says that no more will be written, after what is unsent: close_notify and FIN.
  void FinishWriting();
  bool finished_writing() const { return finished_; }
  // For a stream that turned out to carry bulk: from here on the kernel makes its TLS records.
  // False where it cannot (TlsSettings::kernel_tls is off, the kernel refuses), or something is
  // unsent: then all goes on as before. To be asked once. REQUIRES: Write gets no more record_ends.
  bool SendThroughKernel();
  // What is sent to fd() directly, past the stream, arrives as data. Only while nothing is
  // unsent().
  bool sends_plain() const { return ssl_ == nullptr || kernel_sends_; }
  // Makes the destructor send RST.
  void Abort();

  // For a stream that moves to another worker.
  void Rebind(StreamBuffers* buffers) { buffers_ = buffers; }

 private:
  friend struct StreamBio;
  size_t unsent_data() const { return unsent_.size() - unsent_begin_; }
  StreamRead ReadPlain(size_t prefix_size, size_t most);
  StreamRead ReadTls(size_t prefix_size, size_t most);
  // Into the ciphertext buffer, behind `kept` bytes that are there.
  StreamRead ReceiveCipher(size_t kept, size_t most);
  // Of a recv.
  StreamEnd EndOf(const SysResult& got);
  StreamRead Decrypt(size_t prefix_size);
  // Makes cipher_out ready for OpenSSL to write to.
  void BeginCipher();
  bool SendOrKeep(std::span<const iovec> pieces, size_t total);
  bool SendCipher();
  // Of a session whose sending half is the kernel's: what OpenSSL has to say, besides data.
  static void NoteAlert(int is_sent, int version, int type, const void* bytes, size_t size,
                        ssl_st* ssl, void* stream);
  void AnswerThroughKernel(StreamRead* read);
  bool SendAlert();
  bool WriteTls(std::span<const iovec> pieces, std::span<const uint32_t> record_ends);
  void Keep(std::span<const iovec> pieces, size_t skip);
  void ShutDownWhenSent();
  bool Break();

  Syscalls& sys_;
  Fd fd_;
  StreamBuffers* buffers_;
  SslPtr ssl_;
  std::vector<uint8_t> flight_;  // see SendFlight
  std::vector<uint8_t> unsent_;
  size_t unsent_begin_ = 0;
  std::unique_ptr<SendingKeys> keys_;  // for SendThroughKernel; null where that is not possible
  // Of a session whose sending half is the kernel's: an alert that leaves once no data is unsent.
  // Of several the last, which is the one that ends the session.
  std::array<uint8_t, 2> alert_{};
  bool alert_waits_ = false;
  bool kernel_sends_ = false;
  bool finishing_ = false;  // FIN is owed once unsent_ is empty
  bool finished_ = false;
  bool broken_ = false;
};

}  // namespace culvert::net
