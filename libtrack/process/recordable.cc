// Why a preloaded library would not be loaded, found out before the start: the loader ignores it silently or, of
// another architecture, says so once on stderr and goes on.
#include "libtrack/process/recordable.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "libtrack/log/unseen_call.h"
#include "libtrack/procfs/elf_facts.h"
#include "libtrack/procfs/executable.h"
#include "libtrack/support/base_name.h"
#include "libtrack/support/file.h"

namespace mqtrack::process {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;

// The kernel follows this many interpreters of interpreters.
constexpr int kMostInterpreters = 5;

// The file system and the process may both have switched off what a set-uid bit would do.
bool PrivilegeBitsIgnored(const std::string& path) {
  struct statvfs mount {};
  if (::statvfs(path.c_str(), &mount) == 0 && (mount.f_flag & ST_NOSUID) != 0) return true;
  return ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}

// The loader ignores LD_PRELOAD when the kernel marks the start as one that changes privileges (AT_SECURE): the new
// effective id differs from the real one, or capabilities were gained by somebody who is not root.
Status CheckPrivileges(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0 || PrivilegeBitsIgnored(path)) return {};
  const std::string advice = ", and the loader then refuses to preload the recorder; ";
  if ((info.st_mode & S_ISUID) != 0 && info.st_uid != ::getuid()) {
    return Error{ErrorCode::kCannotMeasure,
                 "it is set-uid to user id " + std::to_string(info.st_uid) + advice +
                     "run mqtrack as that user, or record a copy without the bit",
                 path};
  }
  constexpr mode_t kSetGid = S_ISGID | S_IXGRP;
  if ((info.st_mode & kSetGid) == kSetGid && info.st_gid != ::getgid()) {
    return Error{ErrorCode::kCannotMeasure,
                 "it is set-gid to group id " + std::to_string(info.st_gid) + advice +
                     "run mqtrack with that group, or record a copy without the bit",
                 path};
  }
  if (::getuid() != 0 && ::getxattr(path.c_str(), "security.capability", nullptr, 0) > 0) {
    return Error{ErrorCode::kCannotMeasure,
                 "it carries file capabilities" + advice + "run mqtrack as root, or record a copy (cp drops them)",
                 path};
  }
  return {};
}

/// True if it is the loader of programs like this one, which can be started by name: ld.so PROGRAM.
bool IsLoader(const std::string& path) {
  const Result<procfs::ElfFacts> self = procfs::ReadElfFacts("/proc/self/exe", false);
  struct stat loader {
  }, file{};
  return self && !self->interpreter.empty() && ::stat(self->interpreter.c_str(), &loader) == 0 &&
         ::stat(path.c_str(), &file) == 0 && loader.st_dev == file.st_dev && loader.st_ino == file.st_ino;
}

Status CheckDescriptorsLeft(const std::string& path) {
  const support::FileHandle file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.valid() || (errno != EMFILE && errno != ENFILE)) return {};
  return Error{ErrorCode::kCannotMeasure,
               "cannot be looked at: " + std::string(std::strerror(errno)) +
                   "; allow more open files (ulimit -n), mqtrack needs about ten",
               path};
}

Status CheckElf(const std::string& path) {
  if (Status possible = CheckDescriptorsLeft(path); !possible) return possible;
  const Result<procfs::ElfFacts> facts = procfs::ReadElfFacts(path, false);
  if (!facts) {
    return Error{ErrorCode::kBadInput, "neither a program (ELF) nor a script that begins with #!; it cannot be run",
                 path};
  }
  if (!procfs::IsOurArchitecture(*facts)) {
    return Error{ErrorCode::kCannotMeasure,
                 "it is a " + procfs::DescribeArchitecture(*facts) +
                     " program, and this recorder is not; use an mqtrack built for that architecture",
                 path};
  }
  if (facts->interpreter.empty() && IsLoader(path)) return {};  // it preloads into the program that it is told to start
  if (facts->interpreter.empty()) {
    return Error{ErrorCode::kCannotMeasure,
                 "it is statically linked, so nothing can be preloaded into it; link it dynamically (Go programs: use "
                 "their /debug/pprof/heap URL instead)",
                 path};
  }
  if (facts->interpreter.find("ld-musl") != std::string::npos) {
    return Error{
        ErrorCode::kCannotMeasure,
        "it is built for musl (" + facts->interpreter + "), and this recorder for glibc; use a glibc build of it",
        path};
  }
  return CheckPrivileges(path);
}

// "env -S VAR=1 name args": the program that env will run. Empty if there is none to be seen.
std::string ProgramOfEnv(const std::vector<std::string>& words) {
  if (words.size() < 2) return {};
  std::string_view rest = words[1];
  while (!rest.empty()) {
    const std::size_t blank = rest.find_first_of(" \t");
    const std::string_view word = rest.substr(0, blank);
    rest = blank == std::string_view::npos ? std::string_view() : rest.substr(blank + 1);
    if (word.empty() || word[0] == '-' || word.find('=') != std::string_view::npos) continue;
    return std::string(word);
  }
  return {};
}

Status CheckFile(const std::string& program, int depth) {
  const procfs::Executable file = procfs::FindExecutable(program);
  if (file.problem.exit_code != 0) {
    const bool missing = file.problem.exit_code == procfs::kExitNotFound;
    return Error{missing ? ErrorCode::kNotFound : ErrorCode::kBadInput, file.problem.text, {}};
  }
  if (::access(file.path.c_str(), R_OK) != 0) return {};  // may be run but not read: nothing more can be found out
  const std::vector<std::string> words = procfs::ReadInterpreterLine(file.path);
  if (words.empty()) return CheckElf(file.path);
  if (depth >= kMostInterpreters) return Error{ErrorCode::kBadInput, "its interpreters lead to one another", file.path};
  if (Status interpreter = CheckFile(words[0], depth + 1); !interpreter) {
    return Error{interpreter.error().code, "its interpreter cannot be recorded: " + interpreter.error().ToString(),
                 file.path};
  }
  const bool env = words[0].ends_with("/env");
  const std::string behind = env ? ProgramOfEnv(words) : std::string();
  if (behind.empty()) return {};
  if (Status checked = CheckFile(behind, depth + 1); !checked) {
    return Error{checked.error().code, "its interpreter cannot be recorded: " + checked.error().ToString(), file.path};
  }
  return {};
}

}  // namespace

Status CheckRecordable(const std::string& program) { return CheckFile(program, 0); }

std::string OwnAllocatorWarning(const std::string& program) {
  const procfs::Executable file = procfs::FindExecutable(program);
  if (file.problem.exit_code != 0) return {};
  const Result<procfs::ElfFacts> facts = procfs::ReadElfFacts(file.path, true);
  if (!facts || facts->own_allocator.empty()) return {};
  std::string names;
  for (const std::string& name : facts->own_allocator) names += (names.empty() ? "" : ", ") + name;
  return file.path + " brings its own memory allocator (" + names +
         "): what it allocates through it may not be seen; build it with the system's allocator to record it";
}

bool MayHaveUnseenAllocator(const std::string& program) {
  constexpr std::string_view kGoMark = "\xff Go buildinf:";
  constexpr std::uint64_t kLargest = std::uint64_t{256} << 20;
  const procfs::Executable file = procfs::FindExecutable(program);
  if (file.problem.exit_code != 0) return true;
  const Result<procfs::ElfFacts> facts = procfs::ReadElfFacts(file.path, true);
  if (!facts || !facts->own_allocator.empty()) return true;
  const Result<std::string> bytes = support::ReadFile(file.path, kLargest);
  return !bytes || bytes->find(kGoMark) != std::string::npos;
}

std::string FindUnseenCall(const std::string& program) {
  const procfs::Executable file = procfs::FindExecutable(program);
  if (file.problem.exit_code != 0) return {};
  const std::string call = procfs::FindImport(file.path, log::IsAllocatorsOwn);
  return call.empty() ? std::string() : call + " in " + std::string(support::BaseName(file.path));
}

}  // namespace mqtrack::process
