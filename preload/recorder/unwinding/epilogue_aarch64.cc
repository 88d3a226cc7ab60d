// Arm Architecture Reference Manual, C6.2: ADD (immediate) to sp, MOV sp from x29, LDP of x29 and x30 with the stack
// pointer raised behind them, AUTIASP and AUTIBSP, RET.
#include "preload/recorder/unwinding/epilogue.h"
#include "preload/recorder/unwinding/readable.h"

namespace mqtrack::recorder {
namespace {

constexpr std::uint32_t kMovSpFromX29 = 0x910003bf, kRet = 0xd65f03c0, kRetAa = 0xd65f0bff, kRetAb = 0xd65f0fff;
constexpr std::uint32_t kAutiasp = 0xd50323bf, kAutibsp = 0xd50323ff;
constexpr std::uint32_t kAddToSp = 0x910003ff, kAddToSpMask = 0xffc003ff;  // bits 10..21: how much
constexpr std::uint32_t kLdpPair = 0xa8c07bfd, kLdpPairMask = 0xffe07fff;  // bits 15..20: how much, in words

}  // namespace

bool FindEpilogue(std::uint64_t pc, Epilogue& epilogue) {
  std::uint32_t code[5] = {};  // mov, add, ldp, autiasp, ret; behind what could be read stands none of these
  // Instructions lie at multiples of their size, so that each is on one page.
  for (std::uint32_t readable = 5; !CopyIfReadable(pc, code, readable * sizeof *code); readable = 2) {
    if (readable == 2) return false;
  }
  epilogue = {};
  const std::uint32_t* at = code;
  if (*at == kMovSpFromX29) epilogue.leaves = true, ++at;
  if ((*at & kAddToSpMask) == kAddToSp) epilogue.dropped = *at++ >> 10 & 0xfff;
  // What a call has left in x30 is where it returned to: a function that goes on to return must have saved its own.
  if ((*at & kLdpPairMask) != kLdpPair) return false;
  epilogue.pops = true;
  epilogue.released = (*at++ >> 15 & 0x3f) * 8;
  if (*at == kAutiasp || *at == kAutibsp) ++at;
  return (*at == kRet || *at == kRetAa || *at == kRetAb) && epilogue.released >= 16;
}

}  // namespace mqtrack::recorder
