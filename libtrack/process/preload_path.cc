#include "libtrack/process/preload_path.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <functional>

#include "libtrack/process/log_directory.h"

namespace mqtrack::process {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;

Error CannotLink(const std::string& library, const std::string& directory) {
  return {ErrorCode::kSystem,
          "cannot be preloaded from a path with a blank or a colon, and no link to it can be made in " + directory +
              ": " + std::strerror(errno),
          library};
}

}  // namespace

Result<std::string> PreloadPath(const std::string& library) {
  if (library.find_first_of(" :\t\n") == std::string::npos) return library;
  const LogDirectory directory{DefaultLogDirectory(::geteuid()), ::geteuid()};
  if (::mkdir(directory.path.c_str(), 0700) != 0 && errno != EEXIST) return CannotLink(library, directory.path);
  const Result<bool> usable = CheckLogDirectory(directory);
  if (!usable) return usable.error();
  // One link for each place mqtrack is installed in, so that two of them do not take turns.
  const std::string link = directory.path + "/recorder-" + std::to_string(std::hash<std::string>{}(library)) + ".so";
  std::error_code error;
  if (std::filesystem::read_symlink(link, error) == library) return link;
  const std::string fresh = link + "." + std::to_string(::getpid());
  if (::symlink(library.c_str(), fresh.c_str()) != 0) return CannotLink(library, directory.path);
  if (::rename(fresh.c_str(), link.c_str()) != 0) {
    const Error failed = CannotLink(library, directory.path);
    ::unlink(fresh.c_str());
    return failed;
  }
  return link;
}

}  // namespace mqtrack::process
