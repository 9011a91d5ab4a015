#include "server/base/secret_text.h"

#include <cstring>
#include <utility>

namespace culvert {

void Wipe(std::string* text) {
  text->resize(text->capacity());
  explicit_bzero(text->data(), text->size());
  text->clear();
}

// A moved-from std::string may still hold short text in its own buffer, hence the wiping of
// sources.
SecretText::SecretText(std::string&& text) : text_(std::move(text)) {
  Wipe(&text);
}

SecretText::SecretText(SecretText&& other) noexcept : text_(std::move(other.text_)) {
  Wipe(&other.text_);
}

SecretText& SecretText::operator=(SecretText&& other) noexcept {
  if (this == &other) return *this;
  Wipe(&text_);
  text_.swap(other.text_);
  return *this;
}

SecretText::~SecretText() {
  Wipe(&text_);
}

}  // namespace culvert
