#include <ucontext.h>

#include "preload/crash/fault_place.h"

namespace mqtrack::crash {
namespace {

std::uint64_t Register(const void* context, int which) {
  return static_cast<std::uint64_t>(static_cast<const ucontext_t*>(context)->uc_mcontext.gregs[which]);
}

}  // namespace

std::uint64_t AddressOfFault(const void* context) { return Register(context, REG_RIP); }

std::uint64_t CallerOfFault(const void* context) {
  return *reinterpret_cast<const std::uint64_t*>(Register(context, REG_RSP));
}

}  // namespace mqtrack::crash
