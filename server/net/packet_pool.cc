#include "server/net/packet_pool.h"

#include <sys/mman.h>

#include <new>

namespace culvert::net {

PacketPool::PacketPool() {
  void* memory = mmap(nullptr, kSlots * kStride, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  base_ = static_cast<uint8_t*>(memory);
}

PacketPool::~PacketPool() {
  munmap(base_, kSlots * kStride);
}

}  // namespace culvert::net
