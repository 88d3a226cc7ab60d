#include "clients/client_work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { kSlots = 64 };

struct entry {
  struct entry* next;
  size_t bytes;
  char payload[];
};
static struct entry* audit;
static char* recent[kSlots];
static unsigned next_slot, answers;

__attribute__((noinline)) void KeepAuditEntry(const void* payload, size_t bytes) {
  struct entry* const fresh = malloc(sizeof *fresh + bytes);
  if (fresh == NULL) return;
  fresh->bytes = bytes;
  memcpy(fresh->payload, payload, bytes);
  fresh->next = audit;
  audit = fresh;
}

__attribute__((noinline)) void PutInRecent(const void* payload, size_t bytes) {
  char** const slot = &recent[next_slot++ % kSlots];
  char* const copy = realloc(*slot, bytes + 1);
  if (copy == NULL) return;
  memcpy(copy, payload, bytes);
  copy[bytes] = '\0';
  *slot = copy;
}

__attribute__((noinline)) void SubscribeToAnswer(SubscribeFunction subscribe) {
  char filter[32];
  snprintf(filter, sizeof filter, "answers/to-%u", answers++);
  subscribe(filter);
}

void HandleMessage(const char* topic, const void* payload, size_t bytes, SubscribeFunction subscribe) {
  if (strcmp(topic, "news") == 0) {
    PutInRecent(payload, bytes);
    KeepAuditEntry(payload, bytes);
  } else if (strcmp(topic, "hour") == 0) {
    SubscribeToAnswer(subscribe);
  } else if (strcmp(topic, "sync") == 0) {
    puts("done");
    fflush(stdout);
  }
}

void SubscribeToWork(SubscribeFunction subscribe) {
  subscribe("news");
  subscribe("hour");
  subscribe("sync");
}
