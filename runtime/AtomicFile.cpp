// SPDX-License-Identifier: MIT

#include "runtime/AtomicFile.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace flowc::runtime {
namespace {

bool writeAll(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t written = write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return false;
    bytes.remove_prefix(size_t(written));
  }
  return true;
}

/// The system's words are about the temporary name, of which the user knows nothing: say what is wrong with the folder.
Error cannotWrite(const std::string &path) {
  int reason = errno;
  size_t slash = path.rfind('/');
  std::string folder = slash == path.npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  struct stat status;
  if (path == "-")
    return environmentError("<stdout>: cannot be written: {}", std::strerror(reason));
  if (stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode))
    return environmentError("{}: is a folder; name a file in it", path);
  if (stat(folder.c_str(), &status) != 0 && (errno == ENOENT || errno == ENOTDIR))
    return environmentError("{}: cannot be written: there is no folder {}; make it first", path, folder);
  if (!S_ISDIR(status.st_mode))
    return environmentError("{}: cannot be written: {} is no folder", path, folder);
  if (slash + 1 == path.size())
    return environmentError("{}: is a folder; name a file in it", path);
  if (reason == EACCES || reason == EROFS)
    return environmentError("{}: cannot be written: {} in the folder {}; choose another place", path,
                            std::strerror(reason), folder);
  return environmentError("{}: cannot be written: {}", path, std::strerror(reason));
}

Failure writeDirectly(const std::string &path, int file, std::initializer_list<std::string_view> parts) {
  Failure failure;
  for (std::string_view part : parts)
    if (!failure && !writeAll(file, part))
      failure = cannotWrite(path);
  if (file != STDOUT_FILENO)
    close(file);
  return failure;
}

/// The rename is on disk only when its folder is.
void syncFolder(const std::string &path) {
  size_t slash = path.rfind('/');
  int folder = open(slash == std::string::npos ? "." : path.substr(0, slash + 1).c_str(), O_RDONLY | O_DIRECTORY);
  if (folder < 0)
    return;
  fsync(folder);
  close(folder);
}

} // namespace

Failure writeFileAtomically(const std::string &path, std::initializer_list<std::string_view> parts) {
  if (path == "-")
    return writeDirectly(path, STDOUT_FILENO, parts);
  struct stat status;
  bool exists = stat(path.c_str(), &status) == 0;
  if (exists && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) {
    int file = open(path.c_str(), O_WRONLY);
    return file < 0 ? Failure(cannotWrite(path)) : writeDirectly(path, file, parts);
  }
  // The rename would fail only after all has been written, and would replace a file that its owner protects.
  if (exists && (S_ISDIR(status.st_mode) || access(path.c_str(), W_OK) != 0))
    return cannotWrite(path);
  std::string temporary = path + ".tmp-XXXXXX";
  int file = mkstemp(temporary.data());
  if (file < 0)
    return cannotWrite(path);
  mode_t mask = umask(0);
  umask(mask);
  bool fine = fchmod(file, exists ? status.st_mode & 07777 : 0666 & ~mask) == 0;
  for (std::string_view part : parts)
    fine = fine && writeAll(file, part);
  fine = fine && fsync(file) == 0;
  fine = close(file) == 0 && fine;
  if (fine && rename(temporary.c_str(), path.c_str()) == 0) {
    syncFolder(path);
    return std::nullopt;
  }
  Error error = cannotWrite(path);
  unlink(temporary.c_str());
  return error;
}

Result<std::string> readFile(const std::string &path) {
  int file = path == "-" ? STDIN_FILENO : open(path.c_str(), O_RDONLY);
  if (file < 0)
    return environmentError("{}: cannot be opened: {}", path, std::strerror(errno));
  std::string content;
  struct stat status;
  bool known = fstat(file, &status) == 0;
  if (known && S_ISDIR(status.st_mode)) {
    if (file != STDIN_FILENO)
      close(file);
    return environmentError("{}: is a folder; expected a file", path);
  }
  if (known && S_ISREG(status.st_mode))
    content.reserve(size_t(status.st_size) + 1);
  ssize_t count = 0;
  for (size_t at = 0;; at += size_t(count)) {
    content.resize(std::max(content.capacity(), at + (1 << 16)));
    do
      count = read(file, content.data() + at, content.size() - at);
    while (count < 0 && errno == EINTR);
    content.resize(at + size_t(std::max<ssize_t>(count, 0)));
    if (count <= 0)
      break;
  }
  int reason = errno;
  if (file != STDIN_FILENO)
    close(file);
  if (count < 0)
    return environmentError("{}: cannot be read: {}", path == "-" ? "<stdin>" : path, std::strerror(reason));
  return content;
}

} // namespace flowc::runtime
