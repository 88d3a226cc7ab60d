// A library with an indirect function whose resolver allocates: it runs while the loader relocates the library, and the
// libraries preloaded before it are relocated only after it.
#include <stdlib.h>
#include <string.h>

static char* from_resolver;
static char* freed_later;
static int kept_by_realloc;

static int Answer(void) { return 42; }

static int (*Choose(void))(void) {
  from_resolver = calloc(3, 2000);
  freed_later = malloc(6007);
  char* again = malloc(100);
  again[99] = 5;
  again = realloc(again, 6011);
  kept_by_realloc = again[99] == 5;
  free(again);
  return Answer;
}
static int Indirect(void) __attribute__((ifunc("Choose")));

int call_indirect(void) { return Indirect(); }
/// 0 if what the resolver allocated is as it should be.
int check_and_free(void) {
  if (!kept_by_realloc) return 3;
  for (int i = 0; i < 6000; ++i) {
    if (from_resolver[i] != 0) return 1;
  }
  memset(freed_later, 1, 6007);
  freed_later = realloc(freed_later, 9001);
  if (freed_later[0] != 1 || freed_later[6006] != 1) return 2;
  free(freed_later);
  free(from_resolver);
  return 0;
}
