// Uses indirect_library. Prints one line.
#include <stdio.h>
#include <stdlib.h>

int call_indirect(void);
int check_and_free(void);

int main(void) {
  (void)!malloc(7001);
  printf("%d %d\n", call_indirect(), check_and_free());
  return 0;
}
