#include "auth/admin/file_edit.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "server/base/secret_text.h"

namespace culvert::auth::admin {
namespace {

Failure<Trouble> Cannot(const std::string& what, const std::string& path) {
  return CouldNot("cannot " + what + " " + path + ": " + std::strerror(errno));
}

// Where a symbolic link leads: that file is to be replaced and not the link.
std::string Resolved(const std::string& path) {
  char resolved[PATH_MAX];
  return realpath(path.c_str(), resolved) != nullptr ? resolved : path;
}

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

FileEdit::~FileEdit() {
  Wipe(&text_);
}

Result<FileEdit, Trouble> FileEdit::Open(const std::string& path, Missing missing) {
  FileEdit edit;
  edit.path_ = Resolved(path);
  edit.folder_ = FolderOf(edit.path_);
  edit.lock_ = net::Fd(open(edit.folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (edit.lock_.get() < 0) return Cannot("open the folder of", path);
  // A folder of a file system without locks can still be edited by one person at a time.
  (void)flock(edit.lock_.get(), LOCK_EX);
  if (const auto done = edit.Read(missing); !done) return Failure{done.error()};
  return edit;
}

Done FileEdit::Read(Missing missing) {
  const net::Fd fd(open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) {
    if (errno == ENOENT && missing == Missing::kEmpty) return Ok();
    return Cannot("read", path_);
  }
  struct stat status {};
  if (fstat(fd.get(), &status) != 0) return Cannot("read", path_);
  if (!S_ISREG(status.st_mode)) return CouldNot(path_ + " is not a regular file");
  exists_ = true;
  owner_ = status.st_uid;
  group_ = status.st_gid;
  char piece[4096];
  ssize_t size = 0;
  while ((size = read(fd.get(), piece, sizeof piece)) > 0) {
    text_.append(piece, static_cast<size_t>(size));
  }
  return size == 0 ? Done(Ok()) : Cannot("read", path_);
}

Done FileEdit::Write(int fd, std::string_view text) const {
  const bool other_owner = exists_ && (owner_ != geteuid() || group_ != getegid());
  if (other_owner && fchown(fd, owner_, group_) != 0) {
    return Cannot("leave to its owner the file", path_);
  }
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0) return Cannot("write", path_);
    text.remove_prefix(static_cast<size_t>(written));
  }
  if (fsync(fd) != 0) return Cannot("write", path_);
  return Ok();
}

Done FileEdit::Replace(std::string_view text) {
  std::string temporary = path_ + ".XXXXXX";
  const net::Fd fd(mkostemp(temporary.data(), O_CLOEXEC));  // mode 0600
  if (fd.get() < 0) return Cannot("write beside", path_);
  Done done = Write(fd.get(), text);
  if (done && rename(temporary.c_str(), path_.c_str()) != 0) done = Cannot("replace", path_);
  if (!done) {
    unlink(temporary.c_str());
    return done;
  }
  // The new name is on the disk, too.
  if (fsync(lock_.get()) != 0) return Cannot("write the folder of", path_);
  exists_ = true;
  return Ok();
}

}  // namespace culvert::auth::admin
