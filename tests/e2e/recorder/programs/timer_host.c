// Knows nothing of libuv and libevent: loads a plugin that does, privately.
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char** argv) {
  void* plugin = argc > 2 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : 0;
  int (*run)(const char*) = plugin ? (int (*)(const char*))dlsym(plugin, "WaitWithTimers") : 0;
  if (!run) return fprintf(stderr, "%s\n", dlerror()), 3;
  return run(argv[2]);
}
