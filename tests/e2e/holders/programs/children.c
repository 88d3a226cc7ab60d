/* A service that would notice if another child of its began or ended: it waits for any child all the time, counts
 * SIGCHLD, or ignores it. What it keeps is a list that grows, one block at a time.
 *
 *   children wait|count|ignore|elsewhere
 *
 * Or it has its children made in another namespace of processes, and has one only at its end, whose exit code is its
 * own.
 *
 * For each line on its standard input it says how many blocks it has, and how often it noticed a child. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct block {
  struct block* next;
  char filling[24];
};
static struct block* volatile first;
static volatile long blocks, noticed;

static void on_child(int number) {
  (void)number;
  ++noticed;
}

static void* wait_for_any(void* argument) {
  (void)argument;
  for (;;) {
    int status;
    if (waitpid(-1, &status, 0) >= 0)
      ++noticed;
    else if (errno != ECHILD)
      abort();
    usleep(1000);
  }
  return NULL;
}

static void* keep_more(void* argument) {
  (void)argument;
  for (;;) {
    struct block* block = malloc(sizeof *block);
    block->next = first;
    first = block;
    ++blocks;
    usleep(500);
  }
  return NULL;
}

int main(int count, char** arguments) {
  const char* way = count > 1 ? arguments[1] : "wait";
  pthread_t thread;
  if (strcmp(way, "wait") == 0) pthread_create(&thread, NULL, &wait_for_any, NULL);
  if (strcmp(way, "count") == 0) signal(SIGCHLD, &on_child);
  if (strcmp(way, "ignore") == 0) signal(SIGCHLD, SIG_IGN);
  const int is_elsewhere = strcmp(way, "elsewhere") == 0;
  if (!is_elsewhere) pthread_create(&thread, NULL, &keep_more, NULL);
  if (is_elsewhere && unshare(CLONE_NEWPID) != 0) {
    puts("may not");
    return 0;
  }
  puts("ready");
  fflush(stdout);
  char line[64];
  while (fgets(line, sizeof line, stdin) != NULL) {
    printf("%ld blocks, noticed %ld\n", blocks, noticed);
    fflush(stdout);
  }
  if (!is_elsewhere) return 0;
  int status = 1;
  const pid_t child = fork();
  if (child == 0) _exit(0);
  return child < 0 || waitpid(child, &status, 0) != child || status != 0;
}
