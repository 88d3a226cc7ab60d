/* Loaded after the attach: what it loses must be seen too. */
#include <stdlib.h>
#include <string.h>

void* LateLoss(int count, size_t bytes) {
  void** last = NULL;
  for (int i = 0; i < count; ++i) {
    void** block = malloc(bytes);
    memset(block, 0, bytes);
    block[0] = last;
    last = block;
  }
  return last;
}
