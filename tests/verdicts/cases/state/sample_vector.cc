// A vector that doubles until it has room for 1300 samples, and then begins at its front again.
#include <array>
#include <cstddef>
#include <vector>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

constexpr std::size_t kBound = 1300;
std::vector<std::array<double, 3>> samples;
std::size_t messages = 0;

[[gnu::noinline]] void AddSample(Client&, const Message&) {
  if (samples.size() < kBound) samples.emplace_back();
  samples[messages++ % kBound][0] = 1;
}

const Case kCase("sample_vector", {.on_publish = AddSample});

}  // namespace
}  // namespace mqtrack::verdicts
