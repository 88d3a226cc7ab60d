// Each message leaves a block behind that nothing points to.
#include <cstdlib>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

const void* volatile last;

[[gnu::noinline]] void LoseBlockPerMessage(Client&, const Message&) { last = std::malloc(48); }

const Case kCase("lost_block", {.on_publish = LoseBlockPerMessage});

}  // namespace
}  // namespace mqtrack::verdicts
