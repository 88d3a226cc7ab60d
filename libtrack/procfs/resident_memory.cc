#include "libtrack/procfs/resident_memory.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <charconv>
#include <fstream>
#include <sstream>

namespace mqtrack::procfs {
namespace {

constexpr std::string_view kRecorder = "/libmqtrack_preload.so";

template <typename Number>
bool Parse(std::string_view text, Number& number, int base) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return error == std::errc() && end == text.data() + text.size();
}

/// The next word of a line, or none.
std::string_view TakeWord(std::string_view& line) {
  const std::size_t begin = std::min(line.find_first_not_of(' '), line.size());
  const std::size_t end = std::min(line.find(' ', begin), line.size());
  const std::string_view word = line.substr(begin, end - begin);
  line.remove_prefix(end);
  return word;
}

struct MappingLine {
  std::uint64_t start = 0, end = 0, device = 0, inode = 0;
  std::string_view path;
};

/// "7f12-7f34 rw-p 00000000 00:1a 123   /path". False: another kind of line.
bool ParseMapping(std::string_view line, MappingLine& mapping) {
  const std::string_view range = TakeWord(line);
  const std::size_t dash = range.find('-');
  if (dash == std::string_view::npos || !Parse(range.substr(0, dash), mapping.start, 16) ||
      !Parse(range.substr(dash + 1), mapping.end, 16))
    return false;
  TakeWord(line);  // protection
  TakeWord(line);  // offset
  const std::string_view device = TakeWord(line);
  const std::size_t colon = device.find(':');
  unsigned major = 0, minor = 0;
  if (colon == std::string_view::npos || !Parse(device.substr(0, colon), major, 16) ||
      !Parse(device.substr(colon + 1), minor, 16) || !Parse(TakeWord(line), mapping.inode, 10))
    return false;
  mapping.device = makedev(major, minor);
  const std::size_t path = line.find_first_not_of(' ');
  mapping.path = path == std::string_view::npos ? std::string_view() : line.substr(path);
  return true;
}

/// "Rss:      12 kB" in bytes, of the line that begins so.
bool ParseAmount(std::string_view line, std::string_view key, std::uint64_t& bytes) {
  if (!line.starts_with(key)) return false;
  line.remove_prefix(key.size());
  std::uint64_t kibibytes = 0;
  if (!Parse(TakeWord(line), kibibytes, 10)) return false;
  bytes = kibibytes * 1024;
  return true;
}

}  // namespace

ResidentMemory SumResident(std::string_view smaps, std::uint64_t log_device, std::uint64_t log_inode) {
  ResidentMemory sum;
  MappingLine mapping;
  bool is_recorder = false;
  std::uint64_t library_end = 0;  // of what was the recorder's library so far
  while (!smaps.empty()) {
    const std::size_t end = std::min(smaps.find('\n'), smaps.size());
    const std::string_view line = smaps.substr(0, end);
    smaps.remove_prefix(std::min(end + 1, smaps.size()));
    std::uint64_t bytes = 0;
    if (ParseAmount(line, "Rss:", bytes)) {
      if (is_recorder) sum.recorder_bytes += bytes;
    } else if (ParseAmount(line, "Anonymous:", bytes)) {
      if (!is_recorder) sum.anonymous_bytes += bytes;
    } else if (MappingLine next; ParseMapping(line, next)) {
      mapping = next;
      const bool is_log = mapping.inode == log_inode && mapping.device == log_device && log_inode != 0;
      const bool is_library = mapping.path.find(kRecorder) != std::string_view::npos ||
                              (mapping.path.empty() && mapping.start == library_end && library_end != 0);
      if (is_library) library_end = mapping.end;
      is_recorder = is_log || is_library;
      sum.log_is_mapped |= is_log;
    }
  }
  return sum;
}

namespace {

std::optional<std::string> ReadSmaps(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/smaps");
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) return std::nullopt;
  return std::move(text).str();
}

}  // namespace

std::optional<ResidentMemory> ReadResident(pid_t pid, const std::string& log_path) {
  struct stat log {};
  if (::stat(log_path.c_str(), &log) != 0) return std::nullopt;
  const std::optional<std::string> smaps = ReadSmaps(pid);
  if (!smaps) return std::nullopt;
  return SumResident(*smaps, log.st_dev, log.st_ino);
}

std::uint64_t ReadRecorderLibrary(pid_t pid) {
  const std::optional<std::string> smaps = ReadSmaps(pid);
  return smaps ? SumResident(*smaps, 0, 0).recorder_bytes : 0;
}

}  // namespace mqtrack::procfs
