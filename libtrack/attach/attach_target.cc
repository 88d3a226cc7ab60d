#include "libtrack/attach/attach_target.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "libtrack/procfs/elf_facts.h"
#include "libtrack/procfs/proc_status.h"
#include "libtrack/procfs/ptrace_refusal.h"
#include "libtrack/support/base_name.h"
#include "libtrack/support/file.h"

namespace mqtrack::attach {
namespace {

namespace fs = std::filesystem;
using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;

std::string ProcPath(pid_t pid, const char* file) { return "/proc/" + std::to_string(pid) + "/" + file; }

std::string ReadLink(const std::string& path) {
  std::error_code error;
  const fs::path target = fs::read_symlink(path, error);
  return error ? std::string() : target.string();
}

/// The value of a line "Name:\tvalue" of /proc/PID/status.
std::string StatusField(const std::string& status, const std::string& name) {
  const std::size_t at = status.find("\n" + name + ":\t");
  if (at == std::string::npos) return {};
  const std::size_t start = at + name.size() + 3;
  return status.substr(start, status.find('\n', start) - start);
}

Error Refusal(pid_t pid, const std::string& why, ErrorCode code = ErrorCode::kCannotMeasure) {
  return {code, why, procfs::ProcessName(pid)};
}

Status CheckState(pid_t pid, const procfs::ProcStatus& status) {
  if (status.state == 'T') {
    return Refusal(pid,
                   "is suspended (SIGSTOP), so it could not be brought to a safe place: let it go on with kill "
                   "-CONT, and attach then");
  }
  const Result<std::string> text = support::ReadFile(ProcPath(pid, "status"), 64 * 1024);
  if (!text) return text.error();
  if (StatusField(*text, "x86_Thread_features").find("shstk") != std::string::npos) {
    return Refusal(pid, "runs with a shadow stack, which a call from outside would break: start it with `mqtrack run`");
  }
  return {};
}

Status CheckProgram(pid_t pid) {
  const std::string path = ProcPath(pid, "exe");
  if (ReadLink(path).empty()) {
    return procfs::WhyNotTraced(pid, pid, EPERM);
  }
  const Result<procfs::ElfFacts> facts = procfs::ReadElfFacts(path, false);
  if (!facts) return procfs::WhyNotTraced(pid, pid, EPERM);
  if (!procfs::IsOurArchitecture(*facts)) {
    return Refusal(pid, "is a " + procfs::DescribeArchitecture(*facts) +
                            " program, and this recorder is not; use an mqtrack built for that architecture");
  }
  if (facts->interpreter.empty()) {
    return Refusal(pid,
                   "is statically linked, so nothing can be loaded into it; link it dynamically (Go programs: use "
                   "their /debug/pprof/heap URL instead)");
  }
  if (facts->interpreter.find("ld-musl") != std::string::npos)
    return Refusal(pid, "runs on musl, and this recorder needs glibc; use a glibc build of it");
  return {};
}

const RemoteModule* FindFile(const std::vector<RemoteModule>& modules, std::string_view prefix) {
  for (const RemoteModule& module : modules) {
    if (support::BaseName(support::WithoutDeletedMark(module.path)).starts_with(prefix)) return &module;
  }
  return nullptr;
}

Status ReadState(const RemoteMemory& memory, AttachTarget& target) {
  target.recorder = FindFile(target.modules, "libmqtrack_preload");
  if (target.recorder == nullptr) return {};
  target.state_address = target.recorder->Find(log::kAttachStateSymbol);
  if (target.state_address == 0 || !memory.Read(target.state_address, &target.state, sizeof target.state) ||
      target.state.version != log::kAttachVersion) {
    return Refusal(target.pid,
                   "has the recorder of another version of mqtrack in it, which stays until it ends; use "
                   "that version");
  }
  return {};
}

}  // namespace

Result<AttachTarget> ExamineTarget(pid_t pid) {
  const auto status = procfs::ReadProcStatus(pid);
  if (!status) return Error{ErrorCode::kNotFound, "no such process", "process " + std::to_string(pid)};
  for (const Status& checked : {procfs::CheckTraceable(pid), CheckState(pid, *status), CheckProgram(pid)}) {
    if (!checked) return checked.error();
  }
  AttachTarget target;
  target.pid = pid;
  target.name = status->comm;
  target.uid = status->uid;
  Result<std::vector<Mapping>> mappings = ReadMappings(pid);
  if (!mappings) return procfs::WhyNotTraced(pid, pid, EPERM);
  target.mappings = std::move(*mappings);
  target.modules = FindModules(target.mappings);
  const RemoteMemory memory(pid);
  std::uint64_t probe = 0;
  if (!target.modules.empty() && !memory.Read(target.modules.front().start, &probe, sizeof probe))
    return procfs::WhyNotTraced(pid, pid, errno);
  const std::string executable = ReadLink(ProcPath(pid, "exe"));
  for (RemoteModule& module : target.modules) {
    const std::string_view file = support::BaseName(support::WithoutDeletedMark(module.path));
    if (file.starts_with("libc.so.") || file.starts_with("ld-linux") || file.starts_with("libmqtrack_preload") ||
        module.path == executable)
      ReadSymbols(memory, module);
  }
  target.libc = FindFile(target.modules, "libc.so.6");
  const RemoteModule* loader = FindFile(target.modules, "ld-linux");
  if (target.libc == nullptr || loader == nullptr)
    return Refusal(pid, "has no glibc in it (libc.so.6 and its loader), so nothing can be loaded into it");
  if (target.libc->Find("dlopen") == 0 || target.libc->Find("_dl_find_object") == 0)
    return Refusal(pid, "runs on a glibc older than 2.35, with which the recorder could not read stacks");
  if (Status read = ReadState(memory, target); !read) return read.error();
  return target;
}

}  // namespace mqtrack::attach
