// A file that is read, changed as a whole, and put in its place in one step: whoever reads it
// meanwhile, or after a crash, has all of the old text or all of the new one.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "auth/admin/trouble.h"
#include "server/net/fd.h"

namespace culvert::auth::admin {

class FileEdit {
 public:
  enum class Missing : uint8_t { kIsAnError, kEmpty };

  // Reads it. While this object lives others who edit files of the folder in this way wait.
  static Result<FileEdit, Trouble> Open(const std::string& path, Missing missing);

  const std::string& text() const { return text_; }
  // By a temporary file beside it, which is on the disk before it takes the name. Readable by the
  // owner alone, who stays who it was.
  Done Replace(std::string_view text);

  FileEdit(FileEdit&&) = default;
  FileEdit& operator=(FileEdit&&) = default;
  ~FileEdit();

 private:
  FileEdit() = default;
  Done Read(Missing missing);
  Done Write(int fd, std::string_view text) const;

  std::string path_;  // behind all symbolic links
  std::string folder_;
  net::Fd lock_;  // the folder
  std::string text_;
  bool exists_ = false;
  uid_t owner_ = 0;
  gid_t group_ = 0;
};

}  // namespace culvert::auth::admin
