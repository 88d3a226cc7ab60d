#include "libtrack/procfs/executable.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "libtrack/support/file.h"

namespace mqtrack::procfs {
namespace {

// What execvp searches when PATH is not set.
constexpr char kDefaultPath[] = "/bin:/usr/bin";
// The kernel reads no more of a script to find its interpreter (BINPRM_BUF_SIZE).
constexpr std::size_t kInterpreterLineLimit = 256;

StartProblem Examine(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    const int error = errno;
    if (error == ENOENT || error == ENOTDIR) return {kExitNotFound, path + ": no such file"};
    return {kExitNotExecutable, path + ": " + std::strerror(error)};
  }
  if (S_ISDIR(info.st_mode)) return {kExitNotExecutable, path + ": is a directory, not a program"};
  if (!S_ISREG(info.st_mode)) return {kExitNotExecutable, path + ": not a regular file"};
  if (::access(path.c_str(), X_OK) != 0) {
    return {kExitNotExecutable,
            path + ": " + std::strerror(errno) + " to execute it; chmod +x it, or run as another user"};
  }
  return {0, {}};
}

}  // namespace

Executable FindExecutable(const std::string& program) {
  if (program.empty()) return {{}, {kExitNotFound, "the command is empty"}};
  if (program.find('/') != std::string::npos) return {program, Examine(program)};
  const char* variable = std::getenv("PATH");
  std::string_view rest = variable != nullptr ? variable : kDefaultPath;
  StartProblem not_executable{0, {}};
  for (bool more = true; more;) {
    const std::size_t colon = rest.find(':');
    const std::string_view directory = rest.substr(0, colon);
    more = colon != std::string_view::npos;
    if (more) rest.remove_prefix(colon + 1);
    const std::string path = (directory.empty() ? std::string(".") : std::string(directory)) + "/" + program;
    StartProblem problem = Examine(path);
    if (problem.exit_code == 0) return {path, problem};
    if (problem.exit_code == kExitNotExecutable && not_executable.exit_code == 0) not_executable = std::move(problem);
  }
  if (not_executable.exit_code != 0) return {{}, not_executable};
  return {{}, {kExitNotFound, program + ": not found in PATH; check the spelling, or give its path"}};
}

std::vector<std::string> ReadInterpreterLine(const std::string& path) {
  const support::FileHandle file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) return {};
  char buffer[kInterpreterLineLimit];
  const ssize_t n = ::read(file.get(), buffer, sizeof buffer);
  if (n < 3 || buffer[0] != '#' || buffer[1] != '!') return {};
  std::string_view line(buffer + 2, static_cast<std::size_t>(n) - 2);
  line = line.substr(0, line.find('\n'));
  constexpr std::string_view kBlank = " \t";
  const auto trim = [&](std::string_view text) {
    const std::size_t first = text.find_first_not_of(kBlank);
    if (first == std::string_view::npos) return std::string_view();
    return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
  };
  line = trim(line);
  if (line.empty()) return {};
  const std::size_t end = line.find_first_of(kBlank);
  std::vector<std::string> words{std::string(line.substr(0, end))};
  if (end != std::string_view::npos) words.emplace_back(trim(line.substr(end)));
  return words;
}

}  // namespace mqtrack::procfs
