#include "cli/targets/state_folder.h"

#include <unistd.h>

#include <cstdlib>

namespace mqtrack::cli {
namespace {

/// The value of a variable that names a folder; empty if it is not set. A relative one means nothing (XDG Base
/// Directory Specification).
std::string FolderIn(const char* variable) {
  const char* const value = std::getenv(variable);
  return value != nullptr && value[0] == '/' ? value : "";
}

}  // namespace

support::Result<std::string> StateFolder(const std::string& leaf, const std::string& option) {
  if (::geteuid() == 0) return "/var/lib/mqtrack/" + leaf;
  if (const std::string state = FolderIn("XDG_STATE_HOME"); !state.empty()) return state + "/mqtrack/" + leaf;
  if (const std::string home = FolderIn("HOME"); !home.empty()) return home + "/.local/state/mqtrack/" + leaf;
  return support::Error{support::ErrorCode::kBadInput,
                        "HOME is not set, so nothing is known to be yours to write to: name a folder", option};
}

}  // namespace mqtrack::cli
