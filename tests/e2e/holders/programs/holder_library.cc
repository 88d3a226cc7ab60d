#include "holder_library.h"

#include <cstdlib>

static void* variable;
static thread_local void* own __attribute__((tls_model("initial-exec")));

void KeepInLibrary() {
  variable = std::malloc(90);
  own = std::malloc(91);
}
