#include "libtrack/symbolize/debian_packages.h"

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <system_error>
#include <unordered_map>

#include "libtrack/support/file.h"

namespace mqtrack::symbolize {
namespace {

// Debian has some 70,000 packages, and the longest list some megabytes.
constexpr std::size_t kMostLists = 100'000;
constexpr std::size_t kMostBytes = std::size_t{64} << 20;

bool IsPackageName(std::string_view name) {
  return name.size() >= 2 && name.front() != '-' && name.front() != '.' && name.front() != '+' &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789+.-") == std::string_view::npos;
}

/// Since /lib became a link to /usr/lib, lists and loaders write either.
std::string OtherSpelling(const std::string& file) {
  return file.starts_with("/usr/") ? file.substr(4) : "/usr" + file;
}

}  // namespace

std::map<std::string, std::string> OwningPackages(const std::string& root, const std::vector<std::string>& files) {
  std::map<std::string, std::string> owners;
  std::unordered_map<std::string_view, const std::string*> wanted;
  std::vector<std::string> others;
  others.reserve(files.size());
  for (const std::string& file : files) {
    if (!file.starts_with('/')) continue;
    wanted.emplace(file, &file);
    wanted.emplace(others.emplace_back(OtherSpelling(file)), &file);
  }
  if (wanted.empty()) return owners;
  std::error_code error;
  std::size_t lists = 0;
  for (std::filesystem::directory_iterator at(root + "/var/lib/dpkg/info", error), end; !error && at != end;
       at.increment(error)) {
    const std::filesystem::path& path = at->path();
    if (path.extension() != ".list" || ++lists > kMostLists) continue;
    std::string package = path.stem().string();
    package = package.substr(0, package.find(':'));
    if (!IsPackageName(package)) continue;
    const auto list = support::MappedFile::Open(path.string(), support::MappedFile::Access::kRead);
    if (!list || list->size() > kMostBytes) continue;
    std::string_view text(reinterpret_cast<const char*>(list->data()), list->size());
    while (!text.empty()) {
      const std::size_t line = std::min(text.find('\n'), text.size());
      const auto found = wanted.find(text.substr(0, line));
      if (found != wanted.end()) owners.emplace(*found->second, package);
      text.remove_prefix(std::min(line + 1, text.size()));
    }
  }
  return owners;
}

std::string DebugPackageOf(std::string_view package) {
  return std::string(package) + (package == "libc6" ? "-dbg" : "-dbgsym");
}

std::string DebugSuite(const std::string& root) {
  const auto text = support::MappedFile::Open(root + "/etc/os-release", support::MappedFile::Access::kRead);
  if (!text || text->size() > 65536) return {};
  std::istringstream lines(std::string(reinterpret_cast<const char*>(text->data()), text->size()));
  bool is_debian = false;
  std::string name;
  for (std::string line; std::getline(lines, line);) {
    if (line == "ID=debian") is_debian = true;
    if (line.starts_with("VERSION_CODENAME=")) name = line.substr(17);
  }
  const bool plain = !name.empty() && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz") == std::string::npos;
  return is_debian && plain ? name + "-debug" : std::string();
}

}  // namespace mqtrack::symbolize
