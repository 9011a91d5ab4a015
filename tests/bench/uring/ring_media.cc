#include "tests/bench/uring/ring_media.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>

#include "server/stun/channel_data.h"
#include "tests/bench/bare_protocol.h"
#include "tests/bench/forwarder/relay_socket.h"

namespace culvert::bench {
namespace {

using stun::kChannelHeaderSize;

// What a completion belongs to: the front, a send, or else a Path.
constexpr uint64_t kFront = 1;
constexpr uint64_t kSend = 2;

uint64_t KeyOf(const sockaddr_in& address) {
  return uint64_t{address.sin_addr.s_addr} << 16 | address.sin_port;
}

}  // namespace

RingMedia::RingMedia(net::Fd front)
    : front_(std::move(front)),
      memory_(std::make_unique<uint8_t[]>(kBuffers * kBufferSize)),
      sendings_(kBuffers) {
  io_uring_params parameters{};
  parameters.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE;
  parameters.cq_entries = 4 * kEntries;
  const int made = io_uring_queue_init_params(kEntries, &ring_, &parameters);
  if (made < 0) {
    errno = -made;
    return;
  }
  void* const shared = mmap(nullptr, kBuffers * sizeof(io_uring_buf), PROT_READ | PROT_WRITE,
                            MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
  if (shared == MAP_FAILED) return;
  buffers_ = static_cast<io_uring_buf_ring*>(shared);
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<uint64_t>(buffers_);
  registration.ring_entries = kBuffers;
  registration.bgid = kGroup;
  const int registered = io_uring_register_buf_ring(&ring_, &registration, 0);
  if (registered < 0) {
    errno = -registered;
    return;
  }
  io_uring_buf_ring_init(buffers_);
  for (uint16_t i = 0; i < kBuffers; ++i) used_.push_back(i);
  ReturnBuffers();
  front_shape_.msg_namelen = sizeof(sockaddr_in);
  valid_ = true;
}

RingMedia::~RingMedia() {
  if (valid_) io_uring_queue_exit(&ring_);
}

void RingMedia::RunForever() {
  ReceiveFront();
  for (;;) {
    io_uring_submit_and_wait(&ring_, 1);
    // What the last turn sent was taken by the submission.
    ReturnBuffers();
    unsigned head;
    unsigned seen = 0;
    io_uring_cqe* done;
    io_uring_for_each_cqe(&ring_, head, done) {
      Handle(*done);
      ++seen;
    }
    io_uring_cq_advance(&ring_, seen);
  }
}

io_uring_sqe* RingMedia::Next() {
  io_uring_sqe* entry = io_uring_get_sqe(&ring_);
  while (entry == nullptr) {
    io_uring_submit(&ring_);
    entry = io_uring_get_sqe(&ring_);
  }
  return entry;
}

void RingMedia::ReceiveFront() {
  io_uring_sqe* const entry = Next();
  io_uring_prep_recvmsg_multishot(entry, front_.get(), &front_shape_, 0);
  entry->flags |= IOSQE_BUFFER_SELECT;
  entry->buf_group = kGroup;
  io_uring_sqe_set_data64(entry, kFront);
}

void RingMedia::ReceiveRelay(Path* path) {
  io_uring_sqe* const entry = Next();
  io_uring_prep_recv_multishot(entry, path->relay.get(), nullptr, 0, 0);
  entry->flags |= IOSQE_BUFFER_SELECT;
  entry->buf_group = kGroup;
  io_uring_sqe_set_data(entry, path);
}

void RingMedia::Handle(const io_uring_cqe& done) {
  const uint64_t owner = done.user_data;
  if (owner == kSend) return;
  auto* const path = owner == kFront ? nullptr : reinterpret_cast<Path*>(owner);
  if ((done.flags & IORING_CQE_F_BUFFER) != 0) {
    const auto buffer = static_cast<uint16_t>(done.flags >> IORING_CQE_BUFFER_SHIFT);
    used_.push_back(buffer);
    if (path == nullptr) FromClient(done, buffer);
    if (path != nullptr && done.res > 0) FromPeer(path, static_cast<size_t>(done.res), buffer);
  }
  // Out of buffers, or an error that was told.
  if ((done.flags & IORING_CQE_F_MORE) == 0) {
    path == nullptr ? ReceiveFront() : ReceiveRelay(path);
  }
}

void RingMedia::FromClient(const io_uring_cqe& done, uint16_t buffer) {
  if (done.res < 0) return;
  io_uring_recvmsg_out* const came =
      io_uring_recvmsg_validate(Buffer(buffer) + kHeadroom, done.res, &front_shape_);
  if (came == nullptr) return;
  sockaddr_in from;
  std::memcpy(&from, io_uring_recvmsg_name(came), sizeof from);
  const ByteView datagram(
      static_cast<const uint8_t*>(io_uring_recvmsg_payload(came, &front_shape_)),
      io_uring_recvmsg_payload_length(came, done.res, &front_shape_));
  if (datagram.size() < kChannelHeaderSize) return;
  if (LoadBig16(datagram.data()) == kHelloChannel) return Greet(from, datagram);
  const auto path = paths_.find(KeyOf(from));
  if (path == paths_.end()) return;
  io_uring_sqe* const entry = Next();
  io_uring_prep_send(entry, path->second->relay.get(), datagram.data() + kChannelHeaderSize,
                     datagram.size() - kChannelHeaderSize, MSG_NOSIGNAL | MSG_DONTWAIT);
  entry->flags |= IOSQE_CQE_SKIP_SUCCESS;
  io_uring_sqe_set_data64(entry, kSend);
}

void RingMedia::FromPeer(Path* path, size_t size, uint16_t buffer) {
  uint8_t* const frame = Buffer(buffer) + kHeadroom - kChannelHeaderSize;
  stun::StoreChannelHeader(frame, stun::kFirstChannel, static_cast<uint16_t>(size));
  Sending& sending = sendings_[buffer];
  sending.piece = {frame, kChannelHeaderSize + size};
  sending.message = {};
  sending.message.msg_name = &path->client;
  sending.message.msg_namelen = sizeof path->client;
  sending.message.msg_iov = &sending.piece;
  sending.message.msg_iovlen = 1;
  io_uring_sqe* const entry = Next();
  io_uring_prep_sendmsg(entry, front_.get(), &sending.message, MSG_NOSIGNAL | MSG_DONTWAIT);
  entry->flags |= IOSQE_CQE_SKIP_SUCCESS;
  io_uring_sqe_set_data64(entry, kSend);
}

void RingMedia::Greet(const sockaddr_in& from, ByteView hello) {
  const auto peer = ParseHello(hello);
  if (!peer) return;
  Hello answer = MakeHello(*peer);
  if (peer->port() != 0) {
    net::Fd relay = OpenRelay(*peer, &answer);
    if (!relay.valid()) return;
    auto& path = paths_[KeyOf(from)];
    path = std::make_unique<Path>(Path{from, std::move(relay)});
    ReceiveRelay(path.get());
  }
  sendto(front_.get(), answer.data(), answer.size(), MSG_NOSIGNAL,
         reinterpret_cast<const sockaddr*>(&from), sizeof from);
}

void RingMedia::ReturnBuffers() {
  for (size_t i = 0; i < used_.size(); ++i) {
    io_uring_buf_ring_add(buffers_, Buffer(used_[i]) + kHeadroom, kBufferSize - kHeadroom, used_[i],
                          io_uring_buf_ring_mask(kBuffers), static_cast<int>(i));
  }
  io_uring_buf_ring_advance(buffers_, static_cast<int>(used_.size()));
  used_.clear();
}

}  // namespace culvert::bench
