// What Redis answers: one value of RESP2, owning all that is in it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace culvert::redis {

class Reply {
 public:
  enum class Type : uint8_t { kNil, kInteger, kString, kStatus, kError, kArray };

  Reply() = default;  // nil
  static Reply Integer(int64_t value);
  // REQUIRES: `type` is kString, kStatus or kError.
  static Reply Text(Type type, std::string text);
  static Reply Array(std::vector<Reply> elements);

  Type type() const { return type_; }
  bool is_nil() const { return type_ == Type::kNil; }
  bool is_error() const { return type_ == Type::kError; }
  bool is_array() const { return type_ == Type::kArray; }
  // A bulk string or a status line: what most commands answer with.
  bool is_text() const { return type_ == Type::kString || type_ == Type::kStatus; }

  // 0 of anything but an integer.
  int64_t integer() const { return integer_; }
  // Of a string, status or error; else empty. May hold any bytes.
  const std::string& text() const { return text_; }
  // The same, to be taken away.
  std::string&& TakeText() { return std::move(text_); }
  // Of an array; else empty.
  const std::vector<Reply>& elements() const { return elements_; }
  std::vector<Reply>& elements() { return elements_; }

  // An integer, or a text that is one as a whole.
  std::optional<int64_t> AsInteger() const;

  friend bool operator==(const Reply&, const Reply&) = default;

 private:
  Type type_ = Type::kNil;
  int64_t integer_ = 0;
  std::string text_;
  std::vector<Reply> elements_;
};

}  // namespace culvert::redis
