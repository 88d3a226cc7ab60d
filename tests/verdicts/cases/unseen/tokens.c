#include "cases/unseen/tokens.h"

#include <stdlib.h>
#include <string.h>

enum { kSlots = 64 };

struct token {
  struct token* next;
  int state;
  char filter[];
};
static struct token* tokens;
static char* volatile last_topic;
static char* ring[kSlots];
static unsigned next_slot;

__attribute__((noinline)) void AddToken(const char* filter, size_t bytes) {
  struct token* fresh = malloc(sizeof *fresh + bytes + 1);
  if (fresh == NULL) return;
  fresh->state = 1;
  memcpy(fresh->filter, filter, bytes);
  fresh->filter[bytes] = '\0';
  fresh->next = tokens;
  tokens = fresh;
}

__attribute__((noinline)) void RememberLastTopic(const char* topic, size_t bytes) {
  char* copy = malloc(bytes + 1);
  if (copy == NULL) return;
  memcpy(copy, topic, bytes);
  copy[bytes] = '\0';
  last_topic = copy;
}

__attribute__((noinline)) void PutInRing(const char* text, size_t bytes) {
  char** slot = &ring[next_slot++ % kSlots];
  char* copy = realloc(*slot, bytes + 1);
  if (copy == NULL) return;
  memcpy(copy, text, bytes);
  copy[bytes] = '\0';
  *slot = copy;
}
