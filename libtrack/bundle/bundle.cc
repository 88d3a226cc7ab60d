#include "libtrack/bundle/bundle.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

#include "libtrack/bundle/bundle_names.h"
#include "libtrack/bundle/tar_reader.h"
#include "libtrack/support/file.h"
#include "libtrack/support/write_failure.h"

namespace mqtrack::bundle {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;

bool IsBundleFolder(const std::string& path) {
  struct stat info {};
  return ::stat((path + "/" + kSnapshotName).c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
         ::stat((path + "/.build-id").c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

/// Lays the files of an archive out in a new folder.
class Unpacker {
 public:
  Unpacker(const std::string& archive, std::string folder) : archive_(archive), folder_(std::move(folder)) {}

  Status Run() {
    const TarVisitor visitor = {[this](const std::string& name, std::uint64_t bytes) { return Begin(name, bytes); },
                                [this](std::string_view piece) { return Content(piece); }};
    if (Status status = ReadTar(archive_, kMostBytes, kMostFiles, visitor); !status) return status;
    if (has_snapshot_) return {};
    return Error{ErrorCode::kBadInput, "an archive, but without a snapshot of mqtrack in it", archive_};
  }

 private:
  Status Begin(const std::string& name, std::uint64_t bytes) {
    const std::string inner = InnerName(name);
    if (inner.empty()) {
      return Error{ErrorCode::kBadInput, "not a bundle of mqtrack, or not one to be trusted: it holds \"" + name + "\"",
                   archive_};
    }
    has_snapshot_ = has_snapshot_ || inner == kSnapshotName;
    const std::string path = folder_ + "/" + inner;
    std::error_code error;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
    // O_EXCL: no file is written twice.
    file_ = support::FileHandle(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file_.valid()) return Failed("unpack");
    // Said before gigabytes are written.
    const int no_room = bytes == 0 ? 0 : ::posix_fallocate(file_.get(), 0, static_cast<off_t>(bytes));
    errno = no_room;
    return no_room == 0 ? Status() : Failed("be unpacked below TMPDIR");
  }

  Status Content(std::string_view piece) {
    while (!piece.empty()) {
      const ssize_t n = ::write(file_.get(), piece.data(), piece.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return Failed("be unpacked");
      piece.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
  }

  [[nodiscard]] Error Failed(const char* doing) const {
    return {ErrorCode::kSystem, std::string("cannot ") + doing + ": " + support::WhyNotWritten(errno), archive_};
  }

  const std::string& archive_;
  const std::string folder_;
  support::FileHandle file_;
  bool has_snapshot_ = false;
};

}  // namespace

bool IsBundle(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return false;
  return S_ISDIR(info.st_mode) ? IsBundleFolder(path) : S_ISREG(info.st_mode) && IsGzippedTar(path);
}

Result<OpenBundle> OpenBundle::Open(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) return OpenBundle(path, false);
  const char* given = std::getenv("TMPDIR");
  std::string folder = std::string(given != nullptr && *given != '\0' ? given : "/tmp") + "/mqtrack-pack-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr)
    return Error{ErrorCode::kSystem, std::string("cannot be made, to unpack into: ") + std::strerror(errno), folder};
  OpenBundle bundle(folder, true);
  if (const Status status = Unpacker(path, folder).Run(); !status) return status.error();
  return bundle;
}

OpenBundle::OpenBundle(OpenBundle&& other) noexcept
    : folder_(std::move(other.folder_)), is_own_(std::exchange(other.is_own_, false)) {}

OpenBundle::~OpenBundle() {
  std::error_code error;
  if (is_own_) std::filesystem::remove_all(folder_, error);
}

std::string OpenBundle::snapshot() const { return folder_ + "/" + kSnapshotName; }

}  // namespace mqtrack::bundle
