#include "preload/hooks/process/snapshot_request.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "libtrack/log/environment.h"
#include "preload/hooks/hook_scope.h"
#include "preload/hooks/process/late_log.h"
#include "preload/hooks/process/unseen_program.h"
#include "preload/recorder/log/process_facts.h"
#include "preload/recorder/sync/errno_keeper.h"
#include "preload/recorder/sync/kernel_call.h"

extern "C" char** environ;

namespace mqtrack::hooks {
namespace {

constexpr std::size_t kMaxNameBytes = 100;
constexpr std::size_t kPathBytes = 1024;
constexpr int kTimeoutSeconds = 120;
constexpr char kCommand[] = "mqtrack";
constexpr char kSuffix[] = ".pb.gz";

// Copied at start-up: services overwrite their environment (setproctitle), or change it while others read it.
char command_setting[kPathBytes];
char directory_setting[kPathBytes];
char last_error[kPathBytes];

/// A text that is put together in place; what does not fit makes it empty.
struct PathText {
  char* data;
  std::size_t capacity;
  std::size_t bytes = 0;
  bool fits = true;

  void Add(const char* text, std::size_t length) {
    if (bytes + length + 1 > capacity) fits = false;
    if (!fits) length = bytes = 0;
    std::memcpy(data + bytes, text, length);
    data[bytes += length] = 0;
  }
  void Add(const char* text) { Add(text, std::strlen(text)); }
};

/// All that a request needs, in memory of its own.
struct Request {
  UnseenProgram program;
  char paths[UnseenProgram::kMaxCandidates][kPathBytes];
  std::size_t path_count;
  char output[kPathBytes];
  char said[kPathBytes];
  const char* arguments[8];
};

int Fail(int error, const char* why) {
  PathText text = {last_error, sizeof last_error};
  text.Add(why);
  return -error;
}

void Remember(char* setting, const char* name) {
  const char* value = ::getenv(name);
  PathText text = {setting, kPathBytes};
  text.Add(value != nullptr ? value : "");
}

const char* FromEnvironment(const char* name) {
  const std::size_t length = std::strlen(name);
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    if (std::strncmp(*entry, name, length) == 0 && (*entry)[length] == '=') return *entry + length + 1;
  }
  return nullptr;
}

void AddCandidate(Request& request, const char* folder, std::size_t bytes, const char* rest) {
  if (request.path_count + 1 >= UnseenProgram::kMaxCandidates) return;
  PathText text = {request.paths[request.path_count], kPathBytes};
  text.Add(folder, bytes);
  text.Add(rest);
  if (text.bytes != 0) request.program.candidates[request.path_count++] = text.data;
}

/// Where it is said to be; beside the recorder, as installed or in a build tree; on the PATH.
void FindCommand(Request& request) {
  AddCandidate(request, command_setting, std::strlen(command_setting), "");
  char own[kPathBytes];
  if (recorder::FindMappedPath(reinterpret_cast<std::uintptr_t>(&TakeOwnSnapshot), own, sizeof own)) {
    const auto folder_bytes = [&own] {
      const char* slash = std::strrchr(own, '/');
      return slash == nullptr ? std::size_t{0} : static_cast<std::size_t>(slash - own);
    };
    const std::size_t bytes = folder_bytes();
    AddCandidate(request, own, bytes, "/mqtrack");
    AddCandidate(request, own, bytes, "/../../bin/mqtrack");
    AddCandidate(request, own, bytes, "/../cli/mqtrack");
  }
  const char* path = FromEnvironment("PATH");
  while (path != nullptr && *path != 0) {
    const std::size_t bytes = std::strcspn(path, ":");
    if (path[0] == '/') AddCandidate(request, path, bytes, "/mqtrack");
    path += bytes + (path[bytes] == ':' ? 1 : 0);
  }
}

/// The file of the snapshot. False: there is no such name.
bool ChooseOutput(Request& request, const char* name) {
  const std::size_t length = name == nullptr ? 0 : ::strnlen(name, kMaxNameBytes + 1);
  if (length == 0 || length > kMaxNameBytes) return false;
  char part[kMaxNameBytes];
  for (std::size_t i = 0; i < length; ++i) {
    const auto c = static_cast<unsigned char>(name[i]);
    const bool unfit = c < 0x20 || c == 0x7f || c == '/' || (c == '.' && i == 0);
    part[i] = unfit ? '_' : name[i];
  }
  PathText text = {request.output, sizeof request.output};
  // With a folder in front, no name is an option or standard output.
  text.Add(directory_setting[0] != 0 ? directory_setting : ".");
  text.Add("/");
  text.Add(part, length);
  text.Add(kSuffix);
  return text.fits;
}

/// The service's environment without what would put the recorder into the command.
void CopyEnvironment(const char** copy, std::size_t capacity) {
  std::size_t count = 0;
  for (char** entry = environ; entry != nullptr && *entry != nullptr && count + 1 < capacity; ++entry) {
    if (std::strncmp(*entry, "LD_PRELOAD=", 11) == 0 || std::strncmp(*entry, "MQTRACK_", 8) == 0) continue;
    copy[count++] = *entry;
  }
  copy[count] = nullptr;
}

/// The last line of what the command said.
const char* LastLine(char* said) {
  std::size_t bytes = std::strlen(said);
  while (bytes != 0 && said[bytes - 1] == '\n') said[--bytes] = 0;
  const char* newline = std::strrchr(said, '\n');
  return newline == nullptr ? said : newline + 1;
}

int Explain(int result, Request& request) {
  if (result == 0) return Fail(0, "");
  if (result == -ENOENT)
    return Fail(ENOENT, "the command mqtrack was not found: not by MQTRACK_CLI, beside the recorder, or on the PATH");
  if (result == -ETIMEDOUT) return Fail(ETIMEDOUT, "mqtrack took longer than two minutes and was ended");
  if (result == -EIO) {
    const char* line = LastLine(request.said);
    return Fail(EIO, *line != 0 ? line : "mqtrack ended without a word");
  }
  char number[24];
  recorder::FormatDecimal(static_cast<std::uint64_t>(-result), number);
  PathText text = {last_error, sizeof last_error};
  text.Add("mqtrack could not be started: errno ");
  text.Add(number);
  return result;
}

int Run(Request& request, const char* name, const char** environment, std::size_t capacity) {
  if (!ChooseOutput(request, name)) return Fail(EINVAL, "the name of a snapshot has 1 to 100 bytes");
  FindCommand(request);
  CopyEnvironment(environment, capacity);
  const char* arguments[] = {kCommand, "snapshot", "-o", request.output, "--", recorder::recorder.log_path(), nullptr};
  std::memcpy(request.arguments, arguments, sizeof arguments);
  request.program.arguments = const_cast<char* const*>(request.arguments);
  request.program.environment = const_cast<char* const*>(environment);
  request.program.timeout_seconds = kTimeoutSeconds;
  request.program.said = request.said;
  request.program.said_bytes = sizeof request.said;
  return Explain(RunUnseen(request.program), request);
}

std::size_t EnvironmentEntries() {
  std::size_t count = 0;
  while (environ != nullptr && environ[count] != nullptr) ++count;
  return count;
}

}  // namespace

void ReadSnapshotSettings() {
  Remember(command_setting, log::kEnvCommand);
  Remember(directory_setting, log::kEnvSnapshotDir);
}

const char* SnapshotError() { return last_error; }

int TakeOwnSnapshot(const char* name) {
  const recorder::ErrnoKeeper keep_errno;
  if (!WillRecord() || !recorder::recorder.recording())
    return Fail(ENOSYS, "the process is not recorded; start it with: mqtrack run");
  if (recorder::recorder.sandboxed())
    return Fail(EPERM, "the process may make only certain system calls (seccomp), so it cannot start mqtrack");
  const std::size_t capacity = EnvironmentEntries() + 1;
  const std::size_t bytes = sizeof(Request) + capacity * sizeof(char*);
  void* memory = recorder::MapMemory(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
  if (memory == MAP_FAILED) return Fail(ENOMEM, "no memory for a snapshot");
  auto& request = *static_cast<Request*>(memory);
  const int result = Run(request, name, reinterpret_cast<const char**>(&request + 1), capacity);
  recorder::UnmapMemory(memory, bytes);
  return result;
}

}  // namespace mqtrack::hooks
