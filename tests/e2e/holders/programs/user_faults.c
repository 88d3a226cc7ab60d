// Fills in pages of its memory itself when they are first touched (userfaultfd), and wants to hear of forks. Half of
// these pages are never touched; one holds a block. Prints "ready", or why it cannot, and waits.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { kPage = 4096, kBytes = 16 * kPage };
static int faults;

static void* FillIn(void* nothing) {
  for (;;) {
    struct uffd_msg message;
    struct pollfd wanted = {faults, POLLIN, 0};
    poll(&wanted, 1, -1);
    if (read(faults, &message, sizeof message) != sizeof message || message.event != UFFD_EVENT_PAGEFAULT) continue;
    struct uffdio_zeropage page = {{message.arg.pagefault.address & ~(kPage - 1ull), kPage}, 0, 0};
    ioctl(faults, UFFDIO_ZEROPAGE, &page);
  }
  return nothing;
}

int main(void) {
  faults = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
  struct uffdio_api interface = {UFFD_API, UFFD_FEATURE_EVENT_FORK, 0};
  void** memory = mmap(NULL, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  struct uffdio_register whole = {{(unsigned long)memory, kBytes}, UFFDIO_REGISTER_MODE_MISSING, 0};
  pthread_t thread;
  if (faults < 0 || ioctl(faults, UFFDIO_API, &interface) != 0 || ioctl(faults, UFFDIO_REGISTER, &whole) != 0) {
    printf("may not: %s\n", strerror(errno));
    return 0;
  }
  if (pthread_create(&thread, NULL, FillIn, NULL) != 0) abort();
  memory[100] = malloc(100);
  puts("ready");
  fflush(stdout);
  for (;;) pause();
}
