// Services that close descriptors they do not own, and reuse the numbers.
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/// Prints the descriptors that are open now.
static void PrintOpen(const char* when) {
  DIR* folder = opendir("/proc/self/fd");
  printf("%s:", when);
  for (struct dirent* entry; (entry = readdir(folder)) != NULL;) {
    if (entry->d_name[0] != '.' && atoi(entry->d_name) != dirfd(folder)) printf(" %s", entry->d_name);
  }
  printf("\n");
  closedir(folder);
}

static void Churn(int rounds) {
  for (int i = 0; i < rounds; ++i) {
    void* block = malloc(100 + (size_t)(i % 1000));
    block = realloc(block, 2000);
    if (i % 4 != 0) free(block);
  }
}

int main(void) {
  PrintOpen("at start");
  close_range(3, ~0U, 0);
  char name[32];
  for (int i = 0; i < 40; ++i) {
    snprintf(name, sizeof name, "victim.%d", i);
    const int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (write(fd, "mine\n", 5) != 5) return 3;
  }
  Churn(200000);
  const pid_t child = fork();
  if (child == 0) {
    Churn(1000);
    _exit(0);
  }
  PrintOpen("at the end");
  return 0;
}
