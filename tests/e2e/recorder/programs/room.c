// Services that need room of their own on the file system of the log. Each is one word on the command line.
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kBlocks = 400000, kOwnBytes = 1 << 20 };

static int Allocate(int count) {
  for (int i = 0; i < count; ++i) {
    if (malloc(24) == NULL) return 2;
  }
  return 0;
}

/// Allocates so much that its log would fill the file system, and then makes shared memory of its own.
static int SharedMemory(void) {
  if (Allocate(kBlocks) != 0) return 2;
  const int fd = shm_open("/mine", O_RDWR | O_CREAT, 0600);
  if (fd < 0 || ftruncate(fd, kOwnBytes) != 0) return 3;
  char* memory = mmap(NULL, kOwnBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) return 4;
  memset(memory, 1, kOwnBytes);
  puts("service fine");
  return 0;
}

/// Where the log lies cannot be seen any more when the log grows.
static int Chroot(void) {
  if (chdir("/proc/self") != 0 || chroot(".") != 0) return 5;
  if (Allocate(kBlocks) != 0) return 2;
  puts("service fine");
  return 0;
}

/// A child that lives, and one that lives in the child.
static int Fork(void) {
  if (Allocate(kBlocks / 4) != 0) return 2;
  const pid_t child = fork();
  if (child == 0) {
    const int grandchild = fork();
    if (Allocate(kBlocks / 4) != 0) _exit(2);
    int status = 0;
    if (grandchild != 0 && (waitpid(grandchild, &status, 0) != grandchild || status != 0)) _exit(6);
    kill(getpid(), 9);
  }
  int status = 0;
  if (waitpid(child, &status, 0) != child) return 7;
  puts("service fine");
  return 0;
}

/// Somebody fills the disk that has the log, and the service goes on. `file`: on that disk.
static int Disk(const char* file) {
  enum { kKept = 100000 };
  static void* kept[kKept];
  for (int i = 0; i < kKept; ++i) kept[i] = malloc(24 + i % 100);
  sync();
  static char bytes[1 << 16];
  for (size_t i = 0; i < sizeof bytes; ++i) bytes[i] = (char)rand();
  const int fd = open(file, O_CREAT | O_WRONLY, 0600);
  for (size_t piece = sizeof bytes; piece >= 4096; piece /= 2) {
    while (write(fd, bytes, piece) > 0) continue;
  }
  fsync(fd);
  if (fd < 0 || write(fd, bytes, 4096) > 0) return 8;  // full now
  for (int round = 0; round < 20; ++round) {
    sync();
    for (int i = round; i < kKept; i += 7) {
      free(kept[i]);
      kept[i] = malloc(24 + (i + round) % 100);
    }
  }
  puts("service fine");
  return 0;
}

int main(int argc, char** argv) {
  const char* what = argc > 1 ? argv[1] : "";
  int result = 64;
  if (strcmp(what, "shared-memory") == 0) result = SharedMemory();
  if (strcmp(what, "chroot") == 0) result = Chroot();
  if (strcmp(what, "fork") == 0) result = Fork();
  if (strcmp(what, "disk") == 0 && argc > 2) result = Disk(argv[2]);
  fflush(stdout);
  return result;
}
