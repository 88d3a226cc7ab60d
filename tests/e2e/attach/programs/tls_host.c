/* Loads the library that each line of its standard input names, and says "alive", or why it could not. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

int main(void) {
  char line[4096];
  setvbuf(stdin, NULL, _IONBF, 0);
  puts("ready");
  fflush(stdout);
  while (fgets(line, sizeof line, stdin) != NULL) {
    line[strcspn(line, "\n")] = 0;
    const int is_loaded = strcmp(line, "?") == 0 || dlopen(line, RTLD_NOW) != NULL;
    puts(is_loaded ? "alive" : dlerror());
    fflush(stdout);
  }
  return 0;
}
