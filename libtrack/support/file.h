// Files: whole reads with a bound, atomic writes, read-only mappings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "libtrack/support/result.h"

namespace mqtrack::support {

/// Owns a file descriptor; closes it. Movable.
class FileHandle {
 public:
  FileHandle() = default;
  explicit FileHandle(int fd) : fd_(fd) {}
  FileHandle(FileHandle&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileHandle& operator=(FileHandle&& other) noexcept;
  FileHandle(const FileHandle&) = delete;
  FileHandle& operator=(const FileHandle&) = delete;
  ~FileHandle();
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// Owns a mapping of a whole regular file; unmaps it. The file may be changed by others while mapped, never shortened
/// by the recorder. Movable.
class MappedFile {
 public:
  enum class Access { kRead, kReadWrite };
  /// Maps `path` shared. Fails on anything but a non-empty regular file.
  [[nodiscard]] static Result<MappedFile> Open(const std::string& path, Access access);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();
  [[nodiscard]] std::byte* data() const { return data_; }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  MappedFile(std::byte* data, std::size_t size) : data_(data), size_(size) {}
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

/// The whole content of `path` ("-" is standard input). A named pipe is refused at once. More than `limit_bytes` is an
/// error. `where` is the path.
[[nodiscard]] Result<std::string> ReadFile(const std::string& path, std::uint64_t limit_bytes = std::uint64_t{1} << 30);

/// Writes `content` to `path` so that a reader sees the old file or the whole new one ("-" is standard output).
/// Devices and pipes are written in place.
[[nodiscard]] Status WriteFile(const std::string& path, std::string_view content);

}  // namespace mqtrack::support
