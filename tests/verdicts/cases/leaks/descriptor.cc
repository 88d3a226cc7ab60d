// A file for each connection, which is never closed.
#include <fcntl.h>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

volatile int last;

[[gnu::noinline]] void OpenSpoolFile(Client&) { last = open("/dev/null", O_WRONLY | O_CLOEXEC); }

const Case kCase("descriptor", {.on_connect = OpenSpoolFile});

}  // namespace
}  // namespace mqtrack::verdicts
