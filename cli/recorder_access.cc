#include "cli/recorder_access.h"

#include "libtrack/process/closed_to.h"
#include "libtrack/process/preload_path.h"
#include "libtrack/process/recorder_path.h"

namespace mqtrack::cli {

std::string WhyUserCannotLoadRecorder(std::uint32_t uid) {
  const support::Result<std::string> recorder = process::FindRecorder();
  if (!recorder) return {};
  const support::Result<std::string> preload = process::PreloadPath(*recorder);
  if (!preload) return {};
  const std::string closed = process::ClosedTo(*preload, uid);
  if (closed.empty()) return {};
  return "user id " + std::to_string(uid) + " cannot read the recorder, since " + closed +
         " is closed to that user; install mqtrack where everybody may read it (cmake --install build/release)";
}

}  // namespace mqtrack::cli
