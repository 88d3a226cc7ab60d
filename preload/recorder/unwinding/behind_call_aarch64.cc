// The calls of aarch64 (Arm Architecture Reference Manual, C6.2): BL; BLR; and BLR that authenticates its target.
#include <cstring>

#include "preload/recorder/unwinding/behind_call.h"
#include "preload/recorder/unwinding/readable.h"
#include "preload/recorder/unwinding/readable_code.h"

namespace mqtrack::recorder {
namespace {

constexpr std::uint64_t kInstruction = 4;

bool IsCall(std::uint32_t instruction) {
  const bool to_address = (instruction & 0xfc000000) == 0x94000000;
  const bool to_register = (instruction & 0xfffffc1f) == 0xd63f0000;
  const bool authenticates = (instruction & 0xfffff800) == 0xd73f0800 || (instruction & 0xfffff81f) == 0xd63f081f;
  return to_address || to_register || authenticates;
}

bool CanBeBehindCall(std::uint64_t pc) { return pc % kInstruction == 0 && pc >= kInstruction; }

__attribute__((no_sanitize("address"))) std::uint32_t InstructionAt(std::uint64_t address) {
  return *reinterpret_cast<const volatile std::uint32_t*>(address);
}

}  // namespace

bool IsBehindCall(std::uint64_t pc) {
  return CanBeBehindCall(pc) && IsCodeReadable(pc - kInstruction) && IsCall(InstructionAt(pc - kInstruction));
}

bool IsBehindCallAnywhere(std::uint64_t pc) {
  std::uint32_t instruction = 0;
  return CanBeBehindCall(pc) && CopyIfReadable(pc - kInstruction, &instruction, sizeof instruction) &&
         IsCall(instruction);
}

}  // namespace mqtrack::recorder
