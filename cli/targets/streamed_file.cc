#include "cli/targets/streamed_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "cli/output.h"
#include "libtrack/support/write_failure.h"

namespace mqtrack::cli {
namespace {

using support::Error;
using support::ErrorCode;

Error CannotWrite(const std::string& path, int error) {
  return {ErrorCode::kSystem, "cannot be written: " + support::WhyNotWritten(error), path};
}

}  // namespace

support::Result<StreamedFile> StreamedFile::Open(const std::string& path) {
  if (IsStandardOutput(path)) return StreamedFile(support::FileHandle(), path);
  constexpr mode_t kMode = 0666;  // less what umask takes
  support::FileHandle file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kMode));
  if (!file.valid()) return CannotWrite(path, errno);
  return StreamedFile(std::move(file), path);
}

support::Status StreamedFile::Write(std::string_view bytes) const {
  if (!file_.valid()) return Print(bytes);
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return CannotWrite(path_, errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace mqtrack::cli
