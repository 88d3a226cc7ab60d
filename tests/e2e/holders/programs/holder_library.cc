#include "holder_library.h"

#include <cstdlib>

static void* volatile variable;
static thread_local void* volatile own __attribute__((tls_model("initial-exec")));

void KeepInLibrary() {
  variable = std::malloc(90);
  own = std::malloc(91);
}
