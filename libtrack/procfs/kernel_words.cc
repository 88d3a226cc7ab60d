#include "libtrack/procfs/kernel_words.h"

#include <charconv>
#include <sstream>
#include <string>
#include <string_view>

#include "libtrack/procfs/open_descriptors.h"
#include "libtrack/support/file.h"

namespace mqtrack::procfs {
namespace {

constexpr std::string_view kWatching = "anon_inode:[eventpoll]";

/// Adds the hexadecimal number that begins at `at` of `line`, behind spaces.
void AddNumber(std::string_view line, std::size_t at, std::vector<std::uint64_t>& words) {
  at = line.find_first_not_of(' ', at);
  if (at == std::string_view::npos) return;
  std::uint64_t word = 0;
  if (std::from_chars(line.data() + at, line.data() + line.size(), word, 16).ec == std::errc()) words.push_back(word);
}

/// Of each line of `path` that begins with `start`, the number behind `mark`.
void AddNumbers(const std::string& path, std::string_view start, std::string_view mark,
                std::vector<std::uint64_t>& words) {
  const auto content = support::ReadFile(path);
  std::istringstream lines(content ? *content : std::string());
  for (std::string line; std::getline(lines, line);) {
    const std::size_t at = line.find(mark);
    if (line.starts_with(start) && at != std::string::npos) AddNumber(line, at + mark.size(), words);
  }
}

}  // namespace

std::vector<std::uint64_t> ReadKernelWords(pid_t pid) {
  std::vector<std::uint64_t> words;
  const std::string folder = "/proc/" + std::to_string(pid);
  if (const auto open = ListOpenDescriptors(pid)) {
    for (const auto& [number, target] : *open) {
      if (target == kWatching) AddNumbers(folder + "/fdinfo/" + std::to_string(number), "tfd:", "data:", words);
    }
  }
  AddNumbers(folder + "/timers", "signal:", "/", words);
  return words;
}

}  // namespace mqtrack::procfs
