// 23 bytes a message, among megabytes that come and go.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

constexpr std::size_t kNote = 23;
char* notes = nullptr;
std::array<std::string, 512> working_set;
std::uint32_t messages = 0;

[[gnu::noinline]] void NoteOperation() {
  auto* const note = static_cast<char*>(std::malloc(kNote));
  std::memcpy(note, &notes, sizeof notes);
  notes = note;
}

[[gnu::noinline]] void ReplaceInWorkingSet(std::uint32_t number) {
  working_set[Scatter(number) % working_set.size()] = std::string(Scatter(~number) % 8192, 'x');
}

void OnPublish(Client&, const Message&) {
  NoteOperation();
  for (std::uint32_t i = 0; i < 5; ++i) ReplaceInWorkingSet(5 * messages + i);
  ++messages;
}

const Case kCase("slow_among_churn", {.on_publish = OnPublish});

}  // namespace
}  // namespace mqtrack::verdicts
