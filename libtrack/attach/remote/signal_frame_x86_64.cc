#include "libtrack/attach/remote/signal_frame_x86_64.h"

#include <asm/sigcontext.h>
#include <cpuid.h>

#include <algorithm>
#include <cstring>

namespace mqtrack::attach {
namespace {

// struct rt_sigframe after its first word: struct ucontext of the kernel, then siginfo, which rt_sigreturn does not
// read.
struct KernelContext {
  std::uint64_t flags;
  std::uint64_t link;
  std::uint64_t stack_pointer;  // sigaltstack: an impossible mode leaves the thread's own setting alone
  std::uint32_t stack_mode;
  std::uint32_t padding;
  std::uint64_t stack_bytes;
  std::uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
  std::uint64_t rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, eflags;
  std::uint16_t cs, gs, fs, ss;
  std::uint64_t error, trap, old_mask, cr2;
  std::uint64_t floating_point;  // address of the XSAVE area
  std::uint64_t reserved[8];
  std::uint64_t signal_mask;
};
static_assert(offsetof(KernelContext, r8) == 40 && offsetof(KernelContext, signal_mask) == 296);

constexpr std::uint64_t kFlagExtendedState = 1, kFlagStackSegment = 2, kFlagStrictStackSegment = 4;
constexpr std::uint32_t kImpossibleMode = 3;
constexpr std::size_t kExtendedAlign = 64, kSoftwareBytes = 464, kHeaderBytes = 512;
constexpr std::size_t kFixedBytes = 576;                      // the legacy area and the header of the XSAVE format
constexpr std::uint64_t kTileState = std::uint64_t{3} << 17;  // AMX: only in threads that asked for it

std::uint64_t Word(const std::vector<std::byte>& bytes, std::size_t offset) {
  std::uint64_t word = 0;
  if (offset + sizeof word <= bytes.size()) std::memcpy(&word, &bytes[offset], sizeof word);
  return word;
}

struct ExtendedPart {
  std::size_t bytes;
  std::uint64_t features;
};

// The kernel gives tracers the area with room for everything the processor has, but takes back from a frame only as
// much as the thread may use: tile registers belong in only if the thread has used them.
ExtendedPart PartToRestore(const threads::ThreadContext& context) {
  std::uint64_t features = Word(context.extended, kSoftwareBytes);
  const std::uint64_t in_use = Word(context.extended, kHeaderBytes);
  if ((in_use & kTileState) == 0) features &= ~kTileState;
  std::size_t bytes = kFixedBytes;
  for (unsigned feature = 2; feature < 63; ++feature) {
    unsigned size = 0, offset = 0, c = 0, d = 0;
    if ((features >> feature & 1) == 0) continue;
    if (__get_cpuid_count(0xd, feature, &size, &offset, &c, &d) != 0 && size != 0)
      bytes = std::max<std::size_t>(bytes, offset + size);
  }
  return {std::min(bytes, context.extended.size()), features};
}

KernelContext MakeContext(const threads::CpuRegisters& registers, std::uint64_t signal_mask) {
  KernelContext kernel{};
  kernel.flags = kFlagExtendedState | kFlagStackSegment | kFlagStrictStackSegment;
  kernel.stack_mode = kImpossibleMode;
  kernel.r8 = registers.r8, kernel.r9 = registers.r9, kernel.r10 = registers.r10, kernel.r11 = registers.r11;
  kernel.r12 = registers.r12, kernel.r13 = registers.r13, kernel.r14 = registers.r14, kernel.r15 = registers.r15;
  kernel.rdi = registers.rdi, kernel.rsi = registers.rsi, kernel.rbp = registers.rbp, kernel.rbx = registers.rbx;
  kernel.rdx = registers.rdx, kernel.rax = registers.rax, kernel.rcx = registers.rcx, kernel.rsp = registers.rsp;
  kernel.rip = registers.rip, kernel.eflags = registers.eflags;
  kernel.cs = static_cast<std::uint16_t>(registers.cs), kernel.ss = static_cast<std::uint16_t>(registers.ss);
  kernel.signal_mask = signal_mask;
  return kernel;
}
static_assert(kSmallFrameBytes == 8 + sizeof(KernelContext));
static_assert(kFirstArgumentInFrame == 8 + offsetof(KernelContext, rdi));

}  // namespace

std::vector<std::byte> MakeSmallFrame(const threads::CpuRegisters& registers, std::uint64_t restorer) {
  const KernelContext kernel = MakeContext(registers, ~0ULL);
  std::vector<std::byte> frame(kSmallFrameBytes);
  std::memcpy(frame.data(), &restorer, sizeof restorer);
  std::memcpy(frame.data() + sizeof restorer, &kernel, sizeof kernel);
  return frame;
}

std::size_t SignalFrameBytes(const threads::ThreadContext& context) {
  return 8 + sizeof(KernelContext) + kExtendedAlign + context.extended.size() + FP_XSTATE_MAGIC2_SIZE + 16;
}

std::vector<std::byte> MakeSignalFrame(const threads::ThreadContext& context, const threads::CpuRegisters& registers,
                                       std::uint64_t address, std::uint64_t restorer) {
  const ExtendedPart part = PartToRestore(context);
  const std::uint64_t extended = (address + 8 + sizeof(KernelContext) + kExtendedAlign - 1) & ~(kExtendedAlign - 1);
  KernelContext kernel = MakeContext(registers, context.signal_mask);
  kernel.floating_point = extended;

  _fpx_sw_bytes software{};
  software.magic1 = FP_XSTATE_MAGIC1;
  software.extended_size = static_cast<std::uint32_t>(part.bytes + FP_XSTATE_MAGIC2_SIZE);
  software.xfeatures = part.features;
  software.xstate_size = static_cast<std::uint32_t>(part.bytes);
  const std::uint32_t magic2 = FP_XSTATE_MAGIC2;

  std::vector<std::byte> frame(extended - address + part.bytes + sizeof magic2);
  std::memcpy(frame.data(), &restorer, sizeof restorer);
  std::memcpy(frame.data() + 8, &kernel, sizeof kernel);
  std::byte* area = frame.data() + (extended - address);
  std::memcpy(area, context.extended.data(), part.bytes);
  std::memcpy(area + kSoftwareBytes, &software, sizeof software);
  std::memcpy(area + part.bytes, &magic2, sizeof magic2);
  return frame;
}

}  // namespace mqtrack::attach
