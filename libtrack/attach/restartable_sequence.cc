#include "libtrack/attach/restartable_sequence.h"

#include <sys/ptrace.h>

#include <cstdint>

namespace mqtrack::attach {
namespace {

// Of linux/ptrace.h, which does not go together with sys/ptrace.h.
constexpr int kGetConfiguration = 0x420f;  // PTRACE_GET_RSEQ_CONFIGURATION
struct Configuration {
  std::uint64_t area;
  std::uint32_t bytes, signature, flags, padding;
};

// Of linux/rseq.h.
constexpr std::uint64_t kSequenceInArea = 8;
struct Sequence {
  std::uint32_t version, flags;
  std::uint64_t start, bytes, abort;
};

}  // namespace

bool IsInRestartableSequence(const threads::SeizedThread& thread, const threads::CpuRegisters& registers,
                             const RemoteMemory& memory) {
  Configuration configuration{};
  const long got = ::ptrace(static_cast<__ptrace_request>(kGetConfiguration), thread.tid(),
                            reinterpret_cast<void*>(sizeof configuration), &configuration);
  if (got < static_cast<long>(sizeof configuration) || configuration.area == 0) return false;
  std::uint64_t address = 0;
  Sequence sequence{};
  return memory.Read(configuration.area + kSequenceInArea, &address, sizeof address) && address != 0 &&
         memory.Read(address, &sequence, sizeof sequence) &&
         threads::CodeAddress(registers) - sequence.start < sequence.bytes;
}

}  // namespace mqtrack::attach
