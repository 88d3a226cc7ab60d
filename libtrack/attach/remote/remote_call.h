// Calls functions on a stopped thread of another process.
//
// Self-restoring: before the thread's registers are touched, a signal frame with everything of it is laid on its stack,
// as the kernel does for a signal handler, and whatever the thread is then made to do ends in rt_sigreturn. So it finds
// its way back alone, in whichever moment the tracer is killed. While the tracer lives it does better: it puts back the
// registers themselves, with which the kernel resumes the interrupted system call to the letter.
//
// No code of the service is written to. The thread is led to instructions that its C library has anyway (a system call
// followed by a return; the return from a signal handler) to map two pieces of memory: one for a few instructions of
// ours, executable and not writable, and one for a stack of its own, so that the call needs almost none of the
// thread's. Both are unmapped at the end. Signals are blocked during the call and delivered after it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libtrack/attach/remote/remote_memory.h"
#include "libtrack/attach/remote/remote_module.h"
#include "libtrack/support/result.h"
#include "libtrack/threads/cpu_registers.h"
#include "libtrack/threads/seized_thread.h"

namespace mqtrack::attach {

/// Instructions in the service's C library.
struct Gadgets {
  std::uint64_t system_call = 0;    // a system call, then a return
  std::uint64_t signal_return = 0;  // rt_sigreturn, as the C library has it
};
[[nodiscard]] std::optional<Gadgets> FindGadgets(const RemoteMemory& memory, const RemoteModule& libc);

/// What is to be called: dlopen(path), then `function` of it; or, with an empty path, the function at
/// `function_address`. The function gets the address of a copy of `request` and returns a word.
struct RemoteCall {
  std::string path;
  std::string function;
  std::uint64_t function_address = 0;
  std::uint64_t dlopen = 0, dlsym = 0, dlerror = 0;
  std::vector<std::byte> request;
};

struct RemoteAnswer {
  std::uint64_t result = 0;        // of the function; 0 if it was not called
  std::string error;               // of dlopen or dlsym
  std::vector<std::byte> request;  // as the function left it
};

/// One thread at a time, from the thread that stopped it.
class RemoteCaller {
 public:
  /// `thread` must be stopped at a safe place, and `mappings` be those of its process.
  RemoteCaller(threads::SeizedThread& thread, const RemoteMemory& memory, const Gadgets& gadgets,
               const std::vector<Mapping>& mappings);
  /// Gives the memory back and the thread its registers, if that has not happened, and lets it go on.
  ~RemoteCaller();
  RemoteCaller(const RemoteCaller&) = delete;
  RemoteCaller& operator=(const RemoteCaller&) = delete;

  /// Takes what is needed from the thread. An error leaves it as it was.
  [[nodiscard]] support::Status Prepare();
  /// As Prepare, without mapping anything: system calls can be made, but no function be called. Below frame() `room`
  /// bytes of the thread's stack are free.
  [[nodiscard]] support::Status PrepareOnStack(std::uint64_t room);
  /// Makes the call. An error says what is the matter; the thread goes on all the same. If the function was not called,
  /// `unused` descriptors of the process are closed there.
  [[nodiscard]] support::Result<RemoteAnswer> Call(const RemoteCall& call, threads::Clock::time_point deadline,
                                                   const std::vector<int>& unused = {});

  /// Makes a system call; what the kernel returned, errors as negative numbers. After Prepare.
  [[nodiscard]] support::Result<std::uint64_t> SystemCall(long number, const std::uint64_t (&arguments)[6]);
  /// Its first half: the thread stands where it enters the call. It was made with `stack_pointer`, at which the address
  /// must lie that a thread left alone goes on at.
  [[nodiscard]] support::Status EnterSystemCall(long number, const std::uint64_t (&arguments)[6],
                                                std::uint64_t stack_pointer);
  /// Its second half.
  [[nodiscard]] support::Result<std::uint64_t> LeaveSystemCall();
  /// Where the signal frame lies that leads the thread back.
  [[nodiscard]] std::uint64_t frame() const { return frame_; }
  [[nodiscard]] const threads::CpuRegisters& registers_before() const { return before_.registers; }
  /// A page of the process's memory that system calls may be given, until Call.
  [[nodiscard]] std::uint64_t data() const { return scratch_; }

 private:
  [[nodiscard]] support::Status Map();
  [[nodiscard]] bool Redirect(const threads::CpuRegisters& registers);
  void PutBack(const std::vector<int>& to_close = {});

  threads::SeizedThread& thread_;
  const RemoteMemory& memory_;
  Gadgets gadgets_;
  const std::vector<Mapping>& mappings_;
  threads::ThreadContext before_;
  std::uint64_t frame_ = 0;               // of the signal frame, on the thread's own stack
  std::uint64_t code_ = 0, scratch_ = 0;  // mapped for the call
  bool redirected_ = false;
  bool lost_ = false;  // the thread is not ours any more
};

}  // namespace mqtrack::attach
