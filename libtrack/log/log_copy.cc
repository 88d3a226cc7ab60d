#include "libtrack/log/log_copy.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "libtrack/log/directory.h"
#include "libtrack/log/log_view.h"

namespace mqtrack::log {
namespace {

using support::Error;
using support::ErrorCode;
using support::MappedFile;
using support::Result;
using support::Status;

}  // namespace

Result<LogCopy> LogCopy::Prepare(const std::string& path) {
  if (Result<LogReader> checked = LogReader::Open(path, MappedFile::Access::kRead); !checked) return checked.error();
  Result<MappedFile> file = MappedFile::Open(path, MappedFile::Access::kRead);
  if (!file) return file.error();
  void* data =
      ::mmap(nullptr, file->size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (data == MAP_FAILED) {
    return Error{ErrorCode::kSystem, std::string("no address space for a copy of it: ") + std::strerror(errno), path};
  }
  LogCopy copy(std::move(*file), static_cast<std::byte*>(data), path);
  if (const Status taken = copy.Take(); !taken) return taken.error();  // has the memory of both sides ready
  return copy;
}

LogCopy::LogCopy(LogCopy&& other) noexcept
    : file_(std::move(other.file_)),
      taken_(std::move(other.taken_)),
      data_(std::exchange(other.data_, nullptr)),
      path_(std::move(other.path_)) {}

LogCopy::~LogCopy() {
  if (data_ != nullptr) ::munmap(data_, file_.size());
}

Result<std::vector<LogCopy::Part>> LogCopy::Parts() const {
  const LogView view(file_.data(), file_.size(), path_);
  const Result<Directory> directory = ReadDirectory(view);
  if (!directory) return directory.error();
  std::vector<Part> parts = {{0, kHeaderBytes}};
  const auto add = [&](const Segment& segment) { parts.push_back({segment.offset, segment.bytes}); };
  std::for_each(directory->levels.begin(), directory->levels.end(), add);
  std::for_each(directory->indexes.begin(), directory->indexes.end(), add);
  std::for_each(directory->arenas.begin(), directory->arenas.end(), add);
  if (directory->modules) add(*directory->modules);
  return parts;
}

Status LogCopy::Take() {
  Result<std::vector<Part>> parts = Parts();
  if (!parts) return parts.error();
  taken_ = std::move(*parts);
  for (const Part& part : taken_) std::memcpy(data_ + part.offset, file_.data() + part.offset, part.bytes);
  return {};
}

Status LogCopy::ForEachPart(
    const std::function<Status(std::uint64_t offset, std::span<const std::byte> bytes)>& visit) const {
  std::vector<Part> parts = taken_;
  std::sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) { return a.offset < b.offset; });
  for (const Part& part : parts) {
    if (const Status visited = visit(part.offset, {data_ + part.offset, part.bytes}); !visited) return visited;
  }
  return {};
}

std::uint64_t LogCopy::taken_bytes() const {
  std::uint64_t bytes = 0;
  for (const Part& part : taken_) bytes += part.bytes;
  return bytes;
}

Result<LogReader> LogCopy::Reader() const { return LogReader::OpenBytes({data_, file_.size()}, path_); }

}  // namespace mqtrack::log
