// A trace of every packet, of whatever type.
#include <array>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

struct Trace {
  Trace* before;
  std::size_t bytes;
  std::array<char, 24> head;
};
Trace* traces = nullptr;

[[gnu::noinline]] void KeepPacketTrace(const Client&, std::size_t bytes) { traces = new Trace{traces, bytes, {}}; }

const Case kCase("per_packet", {.on_packet = KeepPacketTrace});

}  // namespace
}  // namespace mqtrack::verdicts
