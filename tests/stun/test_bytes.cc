#include "tests/stun/test_bytes.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace culvert::stun {
namespace {

[[noreturn]] void Die(const char* what, const std::string& which) {
  std::fprintf(stderr, "%s: %s\n", what, which.c_str());
  std::abort();
}

}  // namespace

Bytes Hex(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (std::isspace(static_cast<unsigned char>(c)) != 0) continue;
    if (std::isxdigit(static_cast<unsigned char>(c)) == 0)
      Die("not hexadecimal", std::string(text));
    digits += c;
  }
  if (digits.size() % 2 != 0) Die("half a byte", digits);
  Bytes bytes;
  for (size_t i = 0; i < digits.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

std::string ToHex(ByteView bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

Bytes ReadVector(const std::string& name) {
  std::ifstream file("tests/vectors/" + name + ".hex");
  if (!file) Die("no such vector", name);
  std::string digits;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with('#')) digits += line;
  }
  return Hex(digits);
}

Bytes Attribute(uint16_t type, ByteView value, uint8_t pad) {
  Bytes bytes((4 + value.size() + 3) / 4 * 4, pad);
  StoreBig16(bytes.data(), type);
  StoreBig16(bytes.data() + 2, static_cast<uint16_t>(value.size()));
  std::copy(value.begin(), value.end(), bytes.begin() + 4);
  return bytes;
}

Bytes Attribute(uint16_t type, std::string_view hex_value, uint8_t pad) {
  return Attribute(type, ByteView(Hex(hex_value)), pad);
}

Bytes RawMessage(uint16_t message_type, const std::vector<Bytes>& attributes) {
  Bytes message = Hex("0000 0000 2112a442 b7e7a701bc34d686fa87dfae");
  StoreBig16(message.data(), message_type);
  for (const Bytes& attribute : attributes) {
    message.insert(message.end(), attribute.begin(), attribute.end());
  }
  RepairLength(&message);
  return message;
}

Message MustParse(ByteView bytes) {
  const auto message = Message::Parse(bytes);
  if (!message.ok()) Die(ParseErrorName(message.error()), ToHex(bytes));
  return *message;
}

void RepairLength(Bytes* message) {
  StoreBig16(message->data() + 2, static_cast<uint16_t>(message->size() - 20));
}

}  // namespace culvert::stun
