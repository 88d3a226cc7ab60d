#include "cli/own_command.h"

#include "libtrack/support/file.h"
#include "reports/words/wording.h"

namespace mqtrack::cli {

std::string OwnCommand() {
  const support::Result<std::string> words = support::ReadFile("/proc/self/cmdline");
  if (!words) return {};
  std::string command = "mqtrack";  // and not where this one is
  for (std::size_t at = words->find('\0'); at != std::string::npos && at + 1 < words->size();) {
    const std::size_t end = words->find('\0', at + 1);
    command += " " + reports::ShellWord(words->substr(at + 1, end - at - 1));
    at = end;
  }
  return command;
}

}  // namespace mqtrack::cli
