// One direction of a plain TCP stream: bytes go from socket to socket through a pipe and are never
// copied into this process.
#pragma once

#include <cstddef>

#include "server/net/fd.h"

namespace culvert::bench {

class Splice {
 public:
  // Borrows both sockets, which do not block.
  Splice(int from, int to);

  // Moves what can be moved now.
  void Move();
  // Nothing more comes, or nothing more can go.
  bool ended() const { return ended_; }
  // What was taken and waits for room behind: until it is gone nothing more is taken.
  size_t held() const { return held_; }

 private:
  void Push();

  const int from_;
  const int to_;
  net::Fd pipe_out_;
  net::Fd pipe_in_;
  size_t held_ = 0;
  bool ended_ = false;
};

}  // namespace culvert::bench
