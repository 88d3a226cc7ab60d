// Intel's manual, volume 2: ADD (48 83 c4 ib, 48 81 c4 id), LEAVE (c9), POP (5d: %rbp), RET (c3).
#include <cstring>

#include "preload/recorder/cpu/cpu.h"
#include "preload/recorder/unwinding/epilogue.h"
#include "preload/recorder/unwinding/readable.h"

namespace mqtrack::recorder {
namespace {

constexpr std::uint32_t kMostDropped = 8 << 10, kWord = 8;

}  // namespace

bool FindEpilogue(std::uint64_t pc, Epilogue& epilogue) {
  std::uint8_t code[9 + 1] = {};  // add, pop, ret; behind what could be read stands nothing that is among these
  const std::uint64_t on_page = cpu::kSmallestPage - pc % cpu::kSmallestPage;
  if (!CopyIfReadable(pc, code, sizeof code) && (on_page >= sizeof code || !CopyIfReadable(pc, code, on_page)))
    return false;
  epilogue = {};
  const std::uint8_t* at = code;
  if (at[0] == 0xc9) {
    epilogue.leaves = epilogue.pops = true;
    epilogue.released = 2 * kWord;
    return at[1] == 0xc3;
  }
  if (at[0] == 0x48 && at[1] == 0x83 && at[2] == 0xc4) {
    epilogue.dropped = at[3];
    at += 4;
  } else if (at[0] == 0x48 && at[1] == 0x81 && at[2] == 0xc4) {
    std::memcpy(&epilogue.dropped, at + 3, sizeof epilogue.dropped);
    at += 7;
  }
  if (*at == 0x5d) epilogue.pops = true, ++at;
  epilogue.released = epilogue.pops ? 2 * kWord : kWord;
  return *at == 0xc3 && epilogue.dropped <= kMostDropped && epilogue.dropped % 8 == 0;
}

}  // namespace mqtrack::recorder
