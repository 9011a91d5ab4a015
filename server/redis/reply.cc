#include "server/redis/reply.h"

#include <charconv>

namespace culvert::redis {

Reply Reply::Integer(int64_t value) {
  Reply reply;
  reply.type_ = Type::kInteger;
  reply.integer_ = value;
  return reply;
}

Reply Reply::Text(Type type, std::string text) {
  Reply reply;
  reply.type_ = type;
  reply.text_ = std::move(text);
  return reply;
}

Reply Reply::Array(std::vector<Reply> elements) {
  Reply reply;
  reply.type_ = Type::kArray;
  reply.elements_ = std::move(elements);
  return reply;
}

std::optional<int64_t> Reply::AsInteger() const {
  if (type_ == Type::kInteger) return integer_;
  if (!is_text()) return std::nullopt;
  int64_t value = 0;
  const char* const end = text_.data() + text_.size();
  const auto [stop, error] = std::from_chars(text_.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

}  // namespace culvert::redis
