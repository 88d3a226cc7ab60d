// Opened by dlopen: its thread variables lie in a block that is made when they are first used.
#include <cstdlib>

static void* volatile variable;
static thread_local void* volatile own[100];

extern "C" __attribute__((visibility("default"))) void KeepInPlugin() {
  variable = std::malloc(92);
  own[50] = std::malloc(93);
}
