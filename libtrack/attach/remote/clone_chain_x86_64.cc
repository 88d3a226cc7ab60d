#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>

#include "libtrack/attach/remote/clone_chain.h"
#include "libtrack/attach/remote/signal_frame_x86_64.h"

namespace mqtrack::attach {
namespace {

// Frames must be 16-aligned plus 8. The order, from the lowest address.
constexpr std::uint64_t kPlace = (kSmallFrameBytes + 63) & ~std::uint64_t{63};
enum Place : std::uint64_t { kEndOfCopy = 0, kEndOfHelper = 1, kCopying = 2, kWaiting = 3, kPlaces = 4 };

// Until the helper is there the thread would wait for a process that there cannot be, and gets an error at once: 0 and
// -1 would mean the service's own children.
constexpr std::uint64_t kNobody = 0x7fffffff;
// The pid of the helper is stored as 32 bits, into an argument whose upper half is 0.
constexpr std::uint64_t kHelperFlags = CLONE_VM | CLONE_VFORK | CLONE_FILES | CLONE_PARENT_SETTID;
constexpr std::uint64_t kCopyFlags = CLONE_FILES;

}  // namespace

std::size_t CloneChainBytes() { return kPlace * kPlaces; }

CloneChain MakeCloneChain(const threads::CpuRegisters& registers, std::uint64_t frame, const Gadgets& gadgets) {
  CloneChain chain;
  chain.address = frame - CloneChainBytes();
  chain.frames.resize(CloneChainBytes());
  const auto at = [&](Place place) { return chain.address + place * kPlace; };
  const auto lay = [&](Place place, long number, std::uint64_t first, std::uint64_t second, std::uint64_t third,
                       std::uint64_t then) {
    threads::CpuRegisters call = registers;
    call.rip = gadgets.system_call;
    call.rax = static_cast<std::uint64_t>(number);
    call.rdi = first, call.rsi = second, call.rdx = third, call.r10 = call.r8 = call.r9 = 0;
    call.rsp = then;
    const std::vector<std::byte> bytes = MakeSmallFrame(call, gadgets.signal_return);
    std::copy(bytes.begin(), bytes.end(), chain.frames.begin() + static_cast<std::ptrdiff_t>(place * kPlace));
  };
  lay(kEndOfCopy, SYS_exit_group, 0, 0, 0, at(kEndOfCopy));
  lay(kEndOfHelper, SYS_exit, 0, 0, 0, at(kEndOfHelper));
  lay(kCopying, SYS_clone, kCopyFlags, at(kEndOfCopy), 0, at(kEndOfHelper));
  lay(kWaiting, SYS_wait4, kNobody, 0, __WALL, frame);
  chain.stack_pointer = at(kWaiting);
  chain.number = SYS_clone;
  const std::uint64_t arguments[6] = {kHelperFlags, at(kCopying), at(kWaiting) + kFirstArgumentInFrame, 0, 0, 0};
  std::copy(std::begin(arguments), std::end(arguments), std::begin(chain.arguments));
  return chain;
}

}  // namespace mqtrack::attach
