/* Blocks that point to each other at random, of which a few are held; and clients of libmosquitto, of which some are
 * forgotten with all that they own. What is lost is for others to say: built without anything, the program waits to be
 * looked at; built with -fsanitize=leak, or run under memcheck, it ends, and these print what they found.
 *
 *   lost_graph SEED wait|end */
#include <mosquitto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { kBlocks = 3000, kHeld = 40, kClients = 6 };

struct block {
  struct block* to[3];
  char filling[8];
};
static struct block* held[kHeld];
static struct mosquitto* client;
static unsigned long state;

static unsigned below(unsigned limit) {
  state = state * 6364136223846793005UL + 1442695040888963407UL;
  return (unsigned)(state >> 33) % limit;
}

static __attribute__((noinline)) void make_blocks(void) {
  struct block** all = malloc(kBlocks * sizeof *all);
  for (int i = 0; i < kBlocks; ++i) all[i] = calloc(1, sizeof **all + below(100));
  for (int i = 0; i < kBlocks; ++i) {
    if (below(3) == 0) all[i]->to[below(3)] = all[below(kBlocks)];
  }
  for (int i = 0; i < kHeld; ++i) held[i] = all[below(kBlocks)];
  memset(all, 0, kBlocks * sizeof *all);
  free(all);
}

static __attribute__((noinline)) void make_clients(void) {
  for (int i = 0; i < kClients; ++i) {
    char id[32];
    snprintf(id, sizeof id, "client%d", i);
    struct mosquitto* made = mosquitto_new(id, 1, NULL);
    mosquitto_will_set(made, "a/will", 5, "hello", 1, 0);
    mosquitto_username_pw_set(made, "name", "secret");
    client = made;
  }
}

/* So far down that nothing of it is met again. */
static __attribute__((noinline)) void far_below(void (*work)(void)) {
  volatile char distance[100000];
  distance[0] = 0;
  work();
  (void)distance[1];
}

int main(int count, char** arguments) {
  state = count > 1 ? strtoul(arguments[1], NULL, 10) : 1;
  mosquitto_lib_init();
  far_below(&make_blocks);
  far_below(&make_clients);
  puts("ready");
  fflush(stdout);
  if (count > 2 && strcmp(arguments[2], "wait") == 0) pause();
  return 0;
}
