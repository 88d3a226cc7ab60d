#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "libtrack/attach/remote/remote_call.h"
#include "libtrack/attach/remote/remote_stub_x86_64.h"
#include "libtrack/attach/remote/signal_frame_x86_64.h"
#include "libtrack/threads/interrupted_call.h"

namespace mqtrack::attach {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;

constexpr std::uint64_t kRedZone = 128;
constexpr std::uint64_t kCodeBytes = 4096;
constexpr std::uint64_t kScratchBytes = 256 * 1024;
constexpr std::uint64_t kTextOffset = 4096;  // path and function name, in the scratch memory
constexpr std::uint64_t kRequestOffset = 8192;
constexpr std::uint64_t kLargestRequest = 64 * 1024;
constexpr std::uint64_t kSpins = 2'000'000;  // 0.03 to 0.1 s
constexpr std::uint64_t kAllSignals = ~0ULL;
constexpr auto kLongestSystemCall = std::chrono::seconds(10);
constexpr long kPollNanos = 30'000;

constexpr unsigned char kSystemCallReturn[] = {0x0f, 0x05, 0xc3};
constexpr unsigned char kSignalReturn[] = {0x48, 0xc7, 0xc0, 0x0f, 0x00, 0x00, 0x00, 0x0f, 0x05};

Error Lost(const char* what) { return {ErrorCode::kSystem, std::string(what) + "; the process goes on as it was", {}}; }

template <std::size_t N>
std::uint64_t FindBytes(const std::vector<unsigned char>& code, std::uint64_t start, const unsigned char (&wanted)[N]) {
  const auto found = std::search(code.begin(), code.end(), std::begin(wanted), std::end(wanted));
  return found == code.end() ? 0 : start + static_cast<std::uint64_t>(found - code.begin());
}

}  // namespace

std::optional<Gadgets> FindGadgets(const RemoteMemory& memory, const RemoteModule& libc) {
  std::vector<unsigned char> code(libc.code_end - libc.code_start);
  code.resize(memory.ReadSome(libc.code_start, code.data(), code.size()));
  const Gadgets gadgets{FindBytes(code, libc.code_start, kSystemCallReturn),
                        FindBytes(code, libc.code_start, kSignalReturn)};
  if (gadgets.system_call == 0 || gadgets.signal_return == 0) return std::nullopt;
  return gadgets;
}

RemoteCaller::RemoteCaller(threads::SeizedThread& thread, const RemoteMemory& memory, const Gadgets& gadgets,
                           const std::vector<Mapping>& mappings)
    : thread_(thread), memory_(memory), gadgets_(gadgets), mappings_(mappings) {}

RemoteCaller::~RemoteCaller() { PutBack(); }

Status RemoteCaller::Prepare() {
  if (const Status laid = PrepareOnStack(0); !laid) return laid;
  return Map();
}

Status RemoteCaller::PrepareOnStack(std::uint64_t room) {
  std::optional<threads::ThreadContext> context = thread_.ReadContext();
  if (!context) return Lost("the registers of a thread could not be read");
  before_ = std::move(*context);
  const std::uint64_t bytes = SignalFrameBytes(before_);
  const std::uint64_t top = before_.registers.rsp - kRedZone - bytes;
  frame_ = (top & ~std::uint64_t{63}) - 8;
  const auto stack = std::find_if(mappings_.begin(), mappings_.end(),
                                  [&](const Mapping& mapping) { return mapping.Contains(before_.registers.rsp); });
  if (stack == mappings_.end() || !stack->writable || frame_ < stack->start + room)
    return Lost("the stack of the thread has no room for a signal frame");
  const std::vector<std::byte> frame =
      MakeSignalFrame(before_, threads::AsAfterSigreturn(before_.registers), frame_, gadgets_.signal_return);
  if (!memory_.Write(frame_, frame.data(), frame.size())) return Lost("the stack of a thread could not be written to");
  return {};
}

// Registers first: a tracer killed between the two leaves a thread that restores its mask in rt_sigreturn.
bool RemoteCaller::Redirect(const threads::CpuRegisters& registers) {
  if (!thread_.SetRegisters(registers)) return false;
  const bool first = !redirected_;
  redirected_ = true;
  return !first || thread_.SetSignalMask(kAllSignals);
}

Result<std::uint64_t> RemoteCaller::SystemCall(long number, const std::uint64_t (&arguments)[6]) {
  if (const Status entered = EnterSystemCall(number, arguments, frame_); !entered) return entered.error();
  return LeaveSystemCall();
}

Status RemoteCaller::EnterSystemCall(long number, const std::uint64_t (&arguments)[6], std::uint64_t stack_pointer) {
  threads::CpuRegisters registers = before_.registers;
  registers.orig_rax = ~0ULL;
  registers.rip = gadgets_.system_call;
  registers.rsp = stack_pointer;
  registers.rax = static_cast<std::uint64_t>(number);
  registers.rdi = arguments[0], registers.rsi = arguments[1], registers.rdx = arguments[2];
  registers.r10 = arguments[3], registers.r8 = arguments[4], registers.r9 = arguments[5];
  if (Redirect(registers) && thread_.RunToSystemCall(threads::Clock::now() + kLongestSystemCall)) return {};
  lost_ = true;
  return Lost("a system call could not be made in the process");
}

Result<std::uint64_t> RemoteCaller::LeaveSystemCall() {
  threads::CpuRegisters registers;
  if (thread_.RunToSystemCall(threads::Clock::now() + kLongestSystemCall) && thread_.ReadRegisters(registers))
    return registers.rax;
  lost_ = true;
  return Lost("a system call made in the process did not come back");
}

Status RemoteCaller::Map() {
  const auto map = [this](std::uint64_t bytes, int protection) {
    return SystemCall(SYS_mmap, {0, bytes, static_cast<std::uint64_t>(protection),
                                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, ~0ULL, 0});
  };
  const auto failed = [](std::uint64_t answer) { return static_cast<std::int64_t>(answer) < 0; };
  const auto error = [](std::uint64_t answer, const char* what) {
    return Error{ErrorCode::kCannotMeasure,
                 std::string("the process may not map ") + what + " memory (" +
                     std::strerror(static_cast<int>(-static_cast<std::int64_t>(answer))) +
                     "): its limits, or the rules of the system it runs under, forbid it; it goes on as it was",
                 {}};
  };
  const Result<std::uint64_t> scratch = map(kScratchBytes, PROT_READ | PROT_WRITE);
  if (!scratch) return scratch.error();
  if (failed(*scratch)) return error(*scratch, "more");
  scratch_ = *scratch;
  const Result<std::uint64_t> code = map(kCodeBytes, PROT_READ | PROT_EXEC);
  if (!code) return code.error();
  if (failed(*code)) return error(*code, "executable");
  code_ = *code;
  const std::span<const std::byte> stub = StubCode();
  if (!memory_.WriteCode(code_, stub.data(), stub.size())) return Lost("memory of the process could not be written to");
  return {};
}

Result<RemoteAnswer> RemoteCaller::Call(const RemoteCall& call, threads::Clock::time_point deadline,
                                        const std::vector<int>& unused) {
  StubBlock block{};
  const std::string texts = call.path + '\0' + call.function + '\0';
  block.dlopen = call.path.empty() ? 0 : call.dlopen;
  block.dlerror = call.dlerror;
  block.dlsym = call.dlsym;
  block.path = scratch_ + kTextOffset;
  block.name = block.path + call.path.size() + 1;
  block.request = scratch_ + kRequestOffset;
  block.function = call.function_address;
  block.frame = frame_ + 8;
  block.spins = kSpins;
  if (texts.size() > kRequestOffset - kTextOffset || call.request.size() > kLargestRequest ||
      !memory_.Write(scratch_, &block, sizeof block) ||
      !memory_.Write(scratch_ + kTextOffset, texts.data(), texts.size()) ||
      !memory_.Write(scratch_ + kRequestOffset, call.request.data(), call.request.size()))
    return Lost("memory of the process could not be written to");
  threads::CpuRegisters registers = before_.registers;
  registers.orig_rax = ~0ULL;
  registers.rip = code_;
  registers.rsp = scratch_ + kScratchBytes - 64;
  registers.rbx = scratch_;
  registers.rbp = 0;
  registers.eflags &= ~std::uint64_t{0x400};  // direction flag, as functions expect it
  if (!Redirect(registers)) return Lost("the registers of a thread could not be set");
  thread_.Continue();
  while (block.done == 0) {
    thread_.LookAfter();
    if (thread_.gone()) return Lost("the process ended meanwhile");
    if (!memory_.Read(scratch_, &block, sizeof block)) return Lost("the process ended meanwhile");
    if (block.done != 0) break;
    if (threads::Clock::now() > deadline) {
      lost_ = true;
      return Error{ErrorCode::kSystem,
                   "the thread did not come back from loading the recorder in time; it goes on by itself, and the "
                   "process is recorded when it does: look with mqtrack list",
                   {}};
    }
    const timespec nap{0, kPollNanos};
    ::nanosleep(&nap, nullptr);
  }
  RemoteAnswer answer;
  answer.result = block.result;
  answer.error.assign(block.error, ::strnlen(block.error, sizeof block.error));
  answer.request.resize(call.request.size());
  if (!memory_.Read(scratch_ + kRequestOffset, answer.request.data(), answer.request.size()))
    return Lost("the process ended meanwhile");
  PutBack(answer.error.empty() ? std::vector<int>() : unused);
  return answer;
}

// Extended registers and the mask before the others: until those are set, the thread is on the way to rt_sigreturn.
void RemoteCaller::PutBack(const std::vector<int>& to_close) {
  if (lost_ || !redirected_ || thread_.gone()) return;
  thread_.Interrupt();
  threads::CpuRegisters now;
  if (!thread_.WaitStopped(threads::Clock::now() + kLongestSystemCall) || !thread_.ReadRegisters(now)) {
    lost_ = true;
    return;
  }
  const bool in_stub = code_ != 0 && now.rip - code_ < kCodeBytes;
  const bool at_gadget = now.rip - gadgets_.system_call < sizeof kSystemCallReturn;
  redirected_ = false;
  if (!in_stub && !at_gadget) return;  // it has found back alone
  redirected_ = true;
  for (const int number : to_close)
    if (!lost_) (void)SystemCall(SYS_close, {static_cast<std::uint64_t>(number), 0, 0, 0, 0, 0});
  if (code_ != 0 && !lost_) (void)SystemCall(SYS_munmap, {code_, kCodeBytes, 0, 0, 0, 0});
  if (scratch_ != 0 && !lost_) (void)SystemCall(SYS_munmap, {scratch_, kScratchBytes, 0, 0, 0, 0});
  code_ = scratch_ = 0;
  if (lost_) return;
  // The kernel resumes an interrupted call only on its way out of this kind of stop.
  if (!thread_.StopBeforeNextInstruction(threads::Clock::now() + kLongestSystemCall)) {
    lost_ = true;
    return;
  }
  redirected_ = false;
  if (thread_.SetExtended(before_.extended) && thread_.SetSignalMask(before_.signal_mask)) {
    (void)thread_.SetRegisters(before_.registers);
  }
}

}  // namespace mqtrack::attach
