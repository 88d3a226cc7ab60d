#include <ucontext.h>

#include "preload/crash/fault_place.h"

namespace mqtrack::crash {

FaultPlace PlaceOfFault(const void* context) {
  const auto& registers = static_cast<const ucontext_t*>(context)->uc_mcontext.gregs;
  FaultPlace place;
  place.address = static_cast<std::uint64_t>(registers[REG_RIP]);
  // Only of an address where no code can be: elsewhere the stack tells.
  if (place.address == 0) place.caller = *reinterpret_cast<const std::uint64_t*>(registers[REG_RSP]);
  return place;
}

}  // namespace mqtrack::crash
