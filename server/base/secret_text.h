// Text that must not outlive its use and must not reach a log: passwords and shared secrets on
// their way from the configuration to a key. Wiped when destroyed or moved from; not copyable, so
// that it is clear where it is; no stream or format operator takes it. Whoever reads `view()` sees
// plain text and is answerable for it.
//
// Threads: none of its own; const use from several threads is fine.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>

namespace culvert {

class SecretText {
 public:
  SecretText() = default;
  // Takes the bytes over and wipes what `text` held.
  explicit SecretText(std::string&& text);
  // Copies; the original remains its owner's care.
  explicit SecretText(std::string_view text) : text_(text) {}
  SecretText(SecretText&& other) noexcept;
  SecretText& operator=(SecretText&& other) noexcept;
  SecretText(const SecretText&) = delete;
  SecretText& operator=(const SecretText&) = delete;
  ~SecretText();

  bool empty() const { return text_.empty(); }
  // Lives as long as this object.
  std::string_view view() const { return text_; }

 private:
  std::string text_;
};

// Overwrites all that `text` has room for, also what an earlier longer value left behind its end,
// and leaves it empty.
void Wipe(std::string* text);

std::ostream& operator<<(std::ostream&, const SecretText&) = delete;

}  // namespace culvert
