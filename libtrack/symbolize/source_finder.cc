#include "libtrack/symbolize/source_finder.h"

#include <sys/stat.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "libtrack/support/file.h"
#include "libtrack/support/words.h"
#include "libtrack/symbolize/source_paths.h"

namespace mqtrack::symbolize {
namespace {

constexpr std::int64_t kLargestSource = std::int64_t{16} << 20;
constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
constexpr std::size_t kMostPlacesNamed = 6;

std::string Trimmed(const std::string& path, const std::vector<std::string>& prefixes) {
  for (const std::string& prefix : prefixes) {
    if (prefix.empty() || !path.starts_with(prefix)) continue;
    std::string rest = path.substr(prefix.size());
    if (prefix.back() != '/' && !rest.empty() && rest.front() != '/') continue;  // "/src/a" is no folder of "/src/abc"
    rest.erase(0, rest.find_first_not_of('/'));
    if (!rest.empty()) return rest;
  }
  return path;
}

/// "a/b/c.c", "b/c.c", "c.c": a tree that was copied keeps the end of its paths.
std::vector<std::string> Ends(std::string_view path) {
  std::vector<std::string> ends;
  path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
  while (path.starts_with("../")) path.remove_prefix(3);
  while (!path.empty()) {
    ends.emplace_back(path);
    const std::size_t slash = path.find('/');
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  return ends;
}

std::vector<std::string> Places(const std::string& compiled_path, const SourceOptions& options) {
  const std::string path = Trimmed(JoinSourcePath("", compiled_path), options.trim);
  std::vector<std::string> places;
  const std::vector<std::string> ends = Ends(path);
  for (const std::string& folder : options.folders) {
    for (const std::string& end : ends) places.push_back(folder + (folder.ends_with('/') ? "" : "/") + end);
  }
  const bool absolute = path.starts_with('/');
  if (absolute && !options.sysroot.empty()) places.push_back(options.sysroot + path);
  if (absolute && options.sysroot.empty()) places.push_back(path);
  if (!absolute) places.push_back(path);
  return places;
}

std::vector<std::string> Lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.emplace_back(line);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

}  // namespace

support::Result<SourceText> FindSource(const std::string& compiled_path, const SourceOptions& options) {
  if (compiled_path.empty()) {
    return support::Error{support::ErrorCode::kNotFound,
                          "its source file is not known: install the debug symbols of its program, or build with -g",
                          ""};
  }
  if (compiled_path.find('\0') != std::string::npos)
    return support::Error{support::ErrorCode::kBadInput, "its source file has no valid name", ""};
  const std::vector<std::string> places = Places(compiled_path, options);
  for (const std::string& place : places) {
    struct stat info {};
    // Asked before it is opened: opening a pipe would wait.
    if (::stat(place.c_str(), &info) != 0 || !S_ISREG(info.st_mode) || info.st_size > kLargestSource) continue;
    const support::Result<std::string> text = support::ReadFile(place, static_cast<std::uint64_t>(kLargestSource));
    if (!text) continue;
    return SourceText{place, Lines(text.value()), info.st_mtim.tv_sec * kNanosPerSecond + info.st_mtim.tv_nsec};
  }
  std::vector<std::string> named(
      places.begin(), places.begin() + static_cast<std::ptrdiff_t>(std::min(places.size(), kMostPlacesNamed)));
  std::string looked = support::Join(named);
  if (places.size() > named.size()) looked += " and " + std::to_string(places.size() - named.size()) + " other places";
  return support::Error{support::ErrorCode::kNotFound,
                        "the source file is not here (looked at " + looked + "); --source-path DIR says where it is",
                        ""};
}

}  // namespace mqtrack::symbolize
