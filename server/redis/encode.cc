#include "server/redis/encode.h"

#include <hiredis/hiredis.h>

#include <cstring>
#include <new>
#include <vector>

namespace culvert::redis {

std::string Encode(std::span<const std::string> words) {
  std::vector<const char*> texts;
  std::vector<size_t> sizes;
  for (const std::string& word : words) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  char* formatted = nullptr;
  const int size = redisFormatCommandArgv(&formatted, static_cast<int>(words.size()), texts.data(),
                                          sizes.data());
  if (size < 0) throw std::bad_alloc();
  std::string encoded(formatted, static_cast<size_t>(size));
  explicit_bzero(formatted, encoded.size());  // it may be AUTH
  redisFreeCommand(formatted);
  return encoded;
}

}  // namespace culvert::redis
