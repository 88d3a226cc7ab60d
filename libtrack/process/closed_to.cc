#include "libtrack/process/closed_to.h"

#include <sys/stat.h>

#include <filesystem>

namespace mqtrack::process {
namespace {

namespace fs = std::filesystem;

bool Lets(const fs::path& path, std::uint32_t uid, mode_t owners, mode_t others) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && (info.st_mode & (info.st_uid == uid ? owners : others)) != 0;
}

std::string ClosedOnTheWay(const fs::path& path, std::uint32_t uid) {
  fs::path folder;
  for (const fs::path& part : path.parent_path()) {
    folder /= part;
    if (!Lets(folder, uid, S_IXUSR, S_IXOTH)) return folder.string();
  }
  return {};
}

}  // namespace

std::string ClosedTo(const std::string& path, std::uint32_t uid) {
  if (uid == 0) return {};
  std::error_code error;
  const fs::path named = fs::absolute(path, error);
  // The way that is named may lead over a link, whose folders must be open as well as those of the file.
  if (std::string closed = ClosedOnTheWay(named, uid); !closed.empty()) return closed;
  const fs::path file = fs::canonical(named, error);
  if (error) return path;
  if (std::string closed = ClosedOnTheWay(file, uid); !closed.empty()) return closed;
  return Lets(file, uid, S_IRUSR, S_IROTH) ? std::string() : file.string();
}

}  // namespace mqtrack::process
