#include "libtrack/symbolize/source_finder.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <string_view>
#include <utility>

#include "libtrack/support/words.h"
#include "libtrack/symbolize/source_paths.h"

namespace mqtrack::symbolize {
namespace {

using support::Error;
using support::ErrorCode;
using support::FileHandle;

constexpr std::uint64_t kLargestSource = std::uint64_t{16} << 20;
constexpr std::int64_t kMostLines = 500'000;
constexpr std::size_t kMostEnds = 64;  // folders of a path that are left off, one by one
constexpr std::size_t kAtOnce = std::size_t{256} << 10;
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
  while (!path.empty() && ends.size() < kMostEnds) {
    ends.emplace_back(path);
    const std::size_t slash = path.find('/');
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  return ends;
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

/// A handle that reads nothing yet: to open a device or a pipe would act on it, or wait.
FileHandle OpenPath(const std::string& path) { return FileHandle(::open(path.c_str(), O_PATH | O_CLOEXEC)); }

/// The same of what lies below the folder, whatever ".." and links say. Kernels before 5.6 cannot, and find nothing.
FileHandle OpenPathBelow(const std::string& folder, const std::string& rest) {
  const FileHandle root(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root.valid()) return {};
  struct open_how how {};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  return FileHandle(static_cast<int>(::syscall(SYS_openat2, root.get(), rest.c_str(), &how, sizeof how)));
}

}  // namespace

std::string SourceFinder::Place::Path() const {
  return folder.empty() ? rest : folder + (folder.ends_with('/') ? "" : "/") + rest;
}

std::vector<SourceFinder::Place> SourceFinder::PlacesOf(const std::string& compiled_path) const {
  const std::string path = Trimmed(JoinSourcePath("", compiled_path), options_.trim);
  std::vector<Place> places;
  const std::vector<std::string> ends = Ends(path);
  for (const std::string& folder : options_.folders) {
    for (const std::string& end : ends) places.push_back({folder, end});
  }
  if (options_.below_folders_only) return places;
  const bool absolute = path.starts_with('/');
  places.push_back({"", absolute ? options_.sysroot + path : path});
  return places;
}

FileHandle SourceFinder::Open(const Place& place) const {
  return options_.below_folders_only ? OpenPathBelow(place.folder, place.rest) : OpenPath(place.Path());
}

std::string SourceFinder::WhySpent() const {
  if (looks_ >= options_.bounds.looks) return "too many places were looked at for sources";
  if (bytes_ >= options_.bounds.bytes) return "too much was read of sources";
  return Clock::now() >= *deadline_ ? "looking for sources took too long" : "";
}

/// Nothing: there is none, or a bound was reached.
std::optional<SourceText> SourceFinder::Read(const Place& place) {
  const FileHandle path = Open(place);
  struct stat info {};
  if (!path.valid() || ::fstat(path.get(), &info) != 0 || !S_ISREG(info.st_mode) || info.st_size <= 0) return {};
  const auto size = static_cast<std::uint64_t>(info.st_size);
  if (size > kLargestSource) return {};
  const FileHandle file(::open(("/proc/self/fd/" + std::to_string(path.get())).c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return {};
  std::string text(size, '\0');
  std::size_t got = 0;
  while (got < size) {
    const ssize_t part = ::read(file.get(), text.data() + got, std::min<std::size_t>(kAtOnce, size - got));
    if (part < 0) return {};
    if (part == 0) break;
    got += static_cast<std::size_t>(part);
    bytes_ += static_cast<std::uint64_t>(part);
    if (got < size && !WhySpent().empty()) return {};
  }
  text.resize(got);
  if (std::count(text.begin(), text.end(), '\n') > kMostLines) return {};
  return SourceText{place.Path(), Lines(text), info.st_mtim.tv_sec * kNanosPerSecond + info.st_mtim.tv_nsec};
}

const SourceFinder::Found& SourceFinder::Find(const std::string& compiled_path) {
  const auto known = known_.find(compiled_path);
  if (known != known_.end()) return known->second;
  return known_.emplace(compiled_path, Search(compiled_path)).first->second;
}

SourceFinder::Found SourceFinder::Search(const std::string& compiled_path) {
  if (compiled_path.empty()) {
    return Error{ErrorCode::kNotFound,
                 "its source file is not known: install the debug symbols of its program, or build with -g", ""};
  }
  if (compiled_path.find('\0') != std::string::npos || compiled_path.size() >= PATH_MAX)
    return Error{ErrorCode::kBadInput, "its source file has no valid name", ""};
  if (options_.below_folders_only && options_.folders.empty())
    return Error{ErrorCode::kNotFound, "no folder of sources is named here; --source-path DIR names one", ""};
  if (!deadline_) deadline_ = Clock::now() + options_.bounds.time;
  const std::vector<Place> places = PlacesOf(compiled_path);
  std::vector<std::string> named;
  for (const Place& place : places) {
    if (const std::string why = WhySpent(); !why.empty()) return Error{ErrorCode::kNotFound, why, ""};
    ++looks_;
    if (named.size() < kMostPlacesNamed) named.push_back(place.Path());
    if (std::optional<SourceText> text = Read(place)) return std::make_shared<const SourceText>(*std::move(text));
  }
  std::string looked = support::Join(named);
  if (places.size() > named.size()) looked += " and " + std::to_string(places.size() - named.size()) + " other places";
  return Error{ErrorCode::kNotFound,
               "the source file is not here (looked at " + looked + "); --source-path DIR says where it is", ""};
}

}  // namespace mqtrack::symbolize
