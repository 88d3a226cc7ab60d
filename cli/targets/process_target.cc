#include "cli/targets/process_target.h"

#include "libtrack/process/discovery.h"
#include "libtrack/procfs/find_process.h"

namespace mqtrack::cli {

support::Result<pid_t> FindProcessFor(const std::string& pid_or_name, const std::string& log_dir) {
  const bool is_pid = pid_or_name.find_first_not_of("0123456789") == std::string::npos;
  if (is_pid || log_dir.empty()) return procfs::FindProcess(pid_or_name);
  const support::Result<process::RecordedProcess> recorded = process::FindRecorded(pid_or_name, log_dir);
  if (!recorded) return recorded.error();
  if (recorded->IsAlive() && recorded->where.pid != 0) return static_cast<pid_t>(recorded->where.pid);
  return support::Error{
      support::ErrorCode::kNotFound,
      recorded->IsAlive() ? "runs where it cannot be seen from here" : "has ended; only its log is left",
      pid_or_name + " (pid " + std::to_string(recorded->Pid()) + ")"};
}

}  // namespace mqtrack::cli
