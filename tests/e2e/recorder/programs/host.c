// A C program that loads C++ plugins, as mosquitto does: host ROUNDS FLAG plugin... ; FLAG is "", "deep" or "threads".
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile int stop = 0;
static void* Allocate(void* unused) {
  for (int i = 0; !stop; i = (i + 1) % 3000) free(malloc(20 + (size_t)i));
  return unused;
}

int main(int argc, char** argv) {
  const int rounds = atoi(argv[1]);
  const int flags = RTLD_NOW | (strcmp(argv[2], "deep") == 0 ? RTLD_DEEPBIND : 0);
  pthread_t threads[2];
  const int with_threads = strcmp(argv[2], "threads") == 0;
  for (int i = 0; with_threads && i < 2; ++i) pthread_create(&threads[i], NULL, Allocate, NULL);
  for (int i = 0; i < rounds; ++i) {
    void* plugin = dlopen(argv[3 + i % (argc - 3)], flags);
    if (plugin == NULL) {
      fprintf(stderr, "%s\n", dlerror());
      return 2;
    }
    int (*run)(void) = (int (*)(void))dlsym(plugin, "plugin_run");
    const char* (*unwinder)(void) = (const char* (*)(void))dlsym(plugin, "plugin_unwinder");
    const int result = run();
    if (result != 7) {
      fprintf(stderr, "plugin_run: %d\n", result);
      return 3;
    }
    if (i < argc - 3) printf("%s\n", unwinder());
    dlclose(plugin);
  }
  stop = 1;
  for (int i = 0; with_threads && i < 2; ++i) pthread_join(threads[i], NULL);
  return 0;
}
