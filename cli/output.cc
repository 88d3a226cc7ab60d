#include "cli/output.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "libtrack/support/file.h"
#include "libtrack/support/write_failure.h"

namespace mqtrack::cli {

support::Status Print(std::string_view result) {
  while (!result.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, result.data(), result.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      if (errno == EPIPE) return {};
      return support::Error{support::ErrorCode::kSystem, std::string("cannot write: ") + support::WhyNotWritten(errno),
                            "standard output"};
    }
    result.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

bool IsStandardOutput(const std::string& path) { return path.empty() || path == "-"; }

support::Status WriteResult(const std::string& path, std::string_view content) {
  return IsStandardOutput(path) ? Print(content) : support::WriteFile(path, content);
}

support::Status CheckWritable(const std::string& path) {
  if (IsStandardOutput(path)) return {};
  std::error_code error;
  const bool is_there = std::filesystem::exists(path, error);
  if (std::filesystem::is_directory(path, error))
    return support::Error{support::ErrorCode::kBadInput, "is a directory; name a file in it", path};
  std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (folder.empty()) folder = ".";
  if (!is_there && ::access(folder.c_str(), W_OK | X_OK) != 0) {
    return support::Error{support::ErrorCode::kBadInput,
                          "cannot be written: " + folder.string() + " is no folder that you may write to", path};
  }
  if (is_there && ::access(path.c_str(), W_OK) != 0)
    return support::Error{support::ErrorCode::kBadInput, "cannot be written: it is there, and you may not change it",
                          path};
  return {};
}

support::Status WriteBinaryResult(const std::string& path, std::string_view content) {
  if (IsStandardOutput(path) && ::isatty(STDOUT_FILENO) == 1) {
    return support::Error{support::ErrorCode::kBadInput,
                          "will not write binary data to a terminal; name a file with -o FILE", "standard output"};
  }
  return WriteResult(path, content);
}

bool ColourWanted() {
  // no-color.org: present and not empty, whatever its value.
  const char* no_color = std::getenv("NO_COLOR");
  if (no_color != nullptr && *no_color != '\0') return false;
  const char* term = std::getenv("TERM");
  if (term == nullptr || std::strcmp(term, "dumb") == 0) return false;
  return ::isatty(STDOUT_FILENO) == 1;
}

int TerminalColumns() {
  winsize size{};
  if (::isatty(STDOUT_FILENO) != 1 || ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

}  // namespace mqtrack::cli
