#include "libtrack/support/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

#include "libtrack/support/write_failure.h"

namespace mqtrack::support {
namespace {

Error SystemError(const std::string& where, const char* doing) {
  const int error = errno;
  const ErrorCode code = error == ENOENT ? ErrorCode::kNotFound : ErrorCode::kSystem;
  return {code, std::string("cannot ") + doing + ": " + WhyNotWritten(error), where};
}

Status WriteAll(int fd, std::string_view content, const std::string& where) {
  while (!content.empty()) {
    const ssize_t n = ::write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return SystemError(where, "write");
    content.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

/// A pipe that lies in a folder: whoever reads it waits for somebody to write, who may never come. The pipes of a
/// shell, as /dev/stdin and <(command) are, have no place in any folder.
bool IsNamedPipe(int fd, const std::string& path) {
  struct stat info {};
  if (::fstat(fd, &info) != 0 || !S_ISFIFO(info.st_mode)) return false;
  std::error_code error;
  (void)std::filesystem::canonical(path, error);
  return !error;
}

/// Opens without waiting for anybody; reading waits.
int OpenForReading(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd >= 0) (void)::fcntl(fd, F_SETFL, O_RDONLY);
  return fd;
}

/// A new file whose name begins with `path`. The kernel applies the umask: it can only be read by setting it, which
/// other threads would notice. -1 and errno if there is none.
int CreateBeside(const std::string& path, mode_t mode, std::string& name) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz012345";
  constexpr int kTries = 100;
  for (int i = 0; i < kTries; ++i) {
    unsigned char random[8];
    if (::getentropy(random, sizeof random) != 0) return -1;
    name = path + ".";
    for (const unsigned char one : random) name += kLetters[one % kLetters.size()];
    const int fd = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd >= 0 || errno != EEXIST) return fd;
  }
  return -1;
}

}  // namespace

FileHandle& FileHandle::operator=(FileHandle&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

FileHandle::~FileHandle() {
  if (fd_ >= 0) ::close(fd_);
}

Result<MappedFile> MappedFile::Open(const std::string& path, Access access) {
  const bool write = access == Access::kReadWrite;
  const FileHandle file(::open(path.c_str(), (write ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) return SystemError(path, "open");
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return SystemError(path, "stat");
  if (!S_ISREG(info.st_mode)) return Error{ErrorCode::kBadInput, "not a regular file", path};
  if (info.st_size == 0) return Error{ErrorCode::kBadInput, "the file is empty", path};
  const auto size = static_cast<std::size_t>(info.st_size);
  void* data = ::mmap(nullptr, size, PROT_READ | (write ? PROT_WRITE : 0), MAP_SHARED | MAP_NORESERVE, file.get(), 0);
  if (data == MAP_FAILED) return SystemError(path, "map");
  return MappedFile(static_cast<std::byte*>(data), size);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

Result<std::string> ReadFile(const std::string& path, std::uint64_t limit_bytes) {
  const bool standard_input = path == "-";
  const FileHandle owned(standard_input ? -1 : OpenForReading(path));
  if (!standard_input && !owned.valid()) return SystemError(path, "open");
  if (!standard_input && IsNamedPipe(owned.get(), path)) {
    return Error{ErrorCode::kBadInput,
                 "is a named pipe, from which nothing may ever come; name a file, or - for standard input", path};
  }
  const int fd = standard_input ? STDIN_FILENO : owned.get();
  const Error too_large{ErrorCode::kBadInput, "larger than the " + std::to_string(limit_bytes) + " bytes accepted",
                        path};
  std::string content;
  struct stat info {};
  if (::fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0) {
    // Said at once, not after gigabytes of a file that may be sparse.
    if (static_cast<std::uint64_t>(info.st_size) > limit_bytes) return too_large;
    content.reserve(static_cast<std::size_t>(info.st_size) + 1);
  }
  // Not on the stack: the command is run under the limits that its user has set for the service.
  constexpr std::size_t kPieceBytes = 65536;
  const auto buffer = std::make_unique_for_overwrite<char[]>(kPieceBytes);
  for (;;) {
    const ssize_t n = ::read(fd, buffer.get(), kPieceBytes);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return SystemError(path, "read");
    if (n == 0) return content;
    if (content.size() + static_cast<std::size_t>(n) > limit_bytes) return too_large;
    content.append(buffer.get(), static_cast<std::size_t>(n));
  }
}

Status WriteFile(const std::string& path, std::string_view content) {
  if (path == "-") return WriteAll(STDOUT_FILENO, content, "standard output");
  struct stat info {};
  const bool is_there = ::stat(path.c_str(), &info) == 0;
  if (is_there && !S_ISREG(info.st_mode)) {
    const FileHandle file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!file.valid()) return SystemError(path, "open for writing");
    return WriteAll(file.get(), content, path);
  }
  // What is replaced stays as private as its owner has made it.
  const mode_t mode = info.st_mode & 0777;
  std::string temporary;
  const FileHandle file(CreateBeside(path, is_there ? 0600 : 0666, temporary));
  if (!file.valid()) return SystemError(path, "create");
  Status written = WriteAll(file.get(), content, path);
  if (written && is_there && ::fchmod(file.get(), mode) != 0) written = SystemError(path, "set the permissions");
  if (written && ::rename(temporary.c_str(), path.c_str()) != 0) written = SystemError(path, "write");
  if (!written) ::unlink(temporary.c_str());
  return written;
}

}  // namespace mqtrack::support
