#include "cli/targets/secrets.h"

#include <sys/stat.h>

#include <cstdlib>

#include "libtrack/support/file.h"

namespace mqtrack::cli {

support::Result<std::string> ReadSecret(const std::string& option, const std::string& file, const char* variable,
                                        const Messages& messages) {
  if (file.empty()) {
    const char* const value = std::getenv(variable);
    return std::string(value == nullptr ? "" : value);
  }
  constexpr std::uint64_t kLargest = 65536;
  struct stat info {};
  if (::stat(file.c_str(), &info) == 0 && S_ISREG(info.st_mode) && (info.st_mode & (S_IRGRP | S_IROTH)) != 0)
    messages.Warn(file + " can be read by others; chmod 600 " + file);
  support::Result<std::string> text = support::ReadFile(file, kLargest);
  if (!text) return text.error();
  std::string secret = text->substr(0, text->find_first_of("\r\n"));
  if (secret.empty())
    return support::Error{support::ErrorCode::kBadInput, "its first line is empty", option + " " + file};
  return secret;
}

}  // namespace mqtrack::cli
