// What `mqtrack attach` and the recorder inside the service say to one another: plain structs in the service's memory,
// which the command line writes and reads from outside. Shared by both sides; includes nothing of the project.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace mqtrack::log {

/// Raised with every change of this file: a recorder stays in a service for as long as that runs, and may meet an
/// `mqtrack` that is newer than itself.
inline constexpr std::uint32_t kAttachVersion = 3;

/// Names of what the recorder library exports for attaching. Each function is called in the service, on a thread of
/// its own, with the address of an AttachRequest, and returns an AttachResult.
inline constexpr char kAttachFunction[] = "mqtrack_attach";
inline constexpr char kDetachFunction[] = "mqtrack_detach";
inline constexpr char kAttachStateSymbol[] = "mqtrack_attach_state";

enum class AttachResult : std::uint64_t {
  kNotRun = 0,
  kDone = 1,
  kRefused = 2,  // AttachRequest::why says it; nothing was changed
};

/// Which system calls the recorder may make from the attach on.
enum class AttachCalls : std::uint32_t {
  kAll = 0,
  kFew = 1,  // those that no filter of the service may answer by ending it (preload/recorder/log/filtered_log.cc)
};

/// A thread that was there before, as it is found from outside.
struct ThreadBefore {
  std::uint64_t thread_pointer;  // on x86-64 glibc's pthread_t
  std::uint64_t tid;             // as seen from outside
  char name[16];                 // terminated
};

/// Settings on the way in, answers on the way out. Followed by thread_count times ThreadBefore.
struct AttachRequest {
  std::uint32_t version;  // kAttachVersion
  std::uint32_t calls;    // AttachCalls
  std::uint64_t limit_bytes;
  std::uint64_t sample_bytes;   // 0: exact
  std::uint64_t without_kinds;  // KindBits that are not to be recorded
  char directory[512];          // of the log, absolute; empty: the default directory of the service's user
  // For a service in another namespace, where the log's directory and the process itself have other names.
  std::int32_t log_descriptor;      // of the log, empty; the recorder closes it. -1: it makes the log itself
  std::int32_t library_descriptor;  // that it was loaded through; the recorder closes it. -1: by its path
  std::uint32_t pid;                // as seen from outside; 0: as it sees itself, and uid and start_ticks too
  std::uint32_t uid;
  std::uint64_t start_ticks;
  std::uint64_t pid_namespace;  // inode of that in which `pid` is the service's
  std::uint64_t thread_count;
  // Answers.
  std::uint64_t modules;   // loaded files whose calls were redirected, or given back
  std::uint64_t slots;     // pointers that were changed
  std::uint64_t stubborn;  // pointers whose memory could not be made writable
  std::uint64_t micros;    // how long the function took
  char log_path[640];
  char why[256];
};

/// What the recorder is doing now. Exported as a variable, read from outside.
struct AttachState {
  std::uint32_t version;       // kAttachVersion
  std::uint32_t stage;         // AttachStage
  std::int64_t inside_offset;  // from a thread's thread pointer to the byte that is 0 while it is outside the recorder
  std::uint64_t attaches;      // how often it was attached
};
enum class AttachStage : std::uint32_t {
  kUnknown = 0,    // its constructor has not run
  kPreloaded = 1,  // came with the start of the program: cannot be attached or detached
  kIdle = 2,       // in the process, and inert
  kAttached = 3,
};

static_assert(std::is_trivially_copyable_v<AttachRequest> && offsetof(AttachRequest, directory) == 32 &&
              sizeof(AttachRequest) % alignof(ThreadBefore) == 0);
static_assert(std::is_trivially_copyable_v<ThreadBefore> && sizeof(ThreadBefore) == 32);
static_assert(sizeof(AttachState) == 24);

}  // namespace mqtrack::log
