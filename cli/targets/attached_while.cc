#include "cli/targets/attached_while.h"

#include <cstdlib>
#include <filesystem>
#include <utility>

#include "libtrack/log/environment.h"
#include "libtrack/procfs/find_process.h"

namespace mqtrack::cli {
namespace {

constexpr int kTimeoutMs = 10'000;

}  // namespace

attach::AttachOptions AttachOptionsFor(const std::string& log_dir) {
  const char* environment = std::getenv(log::kEnvLogDir);
  const std::string folder = !log_dir.empty() || environment == nullptr ? log_dir : environment;
  attach::AttachOptions options;
  if (!folder.empty()) options.log_dir = std::filesystem::absolute(folder).lexically_normal().string();
  return options;
}

support::Result<AttachedWhile> AttachedWhile::Attach(const std::string& target, const std::string& log_dir,
                                                     const Messages& messages) {
  const support::Result<pid_t> pid = procfs::FindProcess(target);
  if (!pid) return pid.error();
  attach::AttachOptions options = AttachOptionsFor(log_dir);
  options.timeout_ms = kTimeoutMs;
  const support::Result<attach::AttachOutcome> attached = attach::Attach(*pid, options);
  if (!attached) return attached.error();
  messages.Note("attached to " + attached->process + ", until this command ends");
  return AttachedWhile(*pid, messages);
}

AttachedWhile::AttachedWhile(AttachedWhile&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)), messages_(other.messages_) {}

AttachedWhile::~AttachedWhile() {
  if (pid_ == 0) return;
  const std::string pid = std::to_string(pid_);
  const support::Result<attach::AttachOutcome> detached = attach::Detach(pid_, kTimeoutMs);
  if (detached) {
    messages_.Note("detached from " + detached->process + "; its log stays to be looked at until: mqtrack clean " +
                   pid);
  } else if (std::filesystem::exists("/proc/" + pid)) {
    messages_.Warn("still attached: " + detached.error().ToString() + "; try again with: mqtrack detach " + pid);
  }
}

}  // namespace mqtrack::cli
