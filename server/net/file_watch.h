// Notices that files were replaced, by asking stat(2) again and again: works for renewals in place,
// for renames, for symbolic links that move (as Kubernetes updates a mounted secret), and on
// network file systems that report no events. One thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace culvert::net {

class FileWatch {
 public:
  // Takes what the files are now as known. Empty names are left out.
  explicit FileWatch(std::vector<std::string> files);

  // Whether any file is another one than at the last call (or at the start). A file that is missing
  // is no change, it is perhaps being replaced right now; its return is one, unless it is the same.
  // A certificate and its key are often replaced one after the other: a reload in between fails
  // for they do not match, and the second file's change brings the next chance.
  bool Changed();

 private:
  struct Identity {
    dev_t device;
    ino_t inode;
    int64_t modified_ns;
    off_t size;
    friend bool operator==(const Identity&, const Identity&) = default;
  };
  struct Watched {
    std::string file;
    std::optional<Identity> last;
  };

  static std::optional<Identity> Look(const std::string& file);

  std::vector<Watched> files_;
};

}  // namespace culvert::net
