#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
static char* made;
__attribute__((constructor)) static void First(void) {
  made = malloc(6001);
  free(strdup("early"));
  (void)!malloc(6003);
  dlsym(RTLD_NEXT, "no_such_symbol");
  dlerror();
}
__attribute__((destructor)) static void Last(void) { free(made); }
void early_call(void) { (void)!malloc(6005); }
