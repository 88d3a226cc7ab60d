// A broker in one thread that does what tests of timelines ask of it by a PUBLISH's topic, and reads as mosquitto does: the
// first byte, the length, the rest. A PUBLISH is copied to all other connections, then that is done, and then it is answered.
//
//   step/slow    works 30 ms in the region "inner", which is in the region "outer"
//   step/hold    keeps 1 MiB
//   step/thread  has a thread named "helper" work in the region "helping"
//   step/timer   waits for a timerfd
//   step/burst   enters 20,000 regions
//   step/fork    makes a child that allocates and enters a region
//
// Says "listening PORT" once it does, and "child STATUS" of a child.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <track/track.h>
#include <unistd.h>

enum { MOST = 64, ROOM = 4096, BURST = 20000, HELD = 1 << 20 };

static struct pollfd polled[MOST];
static int count;
void* volatile kept;

static void write_all(int fd, const unsigned char* bytes, size_t size) {
  while (size > 0) {
    const ssize_t written = write(fd, bytes, size);
    if (written <= 0) return;
    bytes += written;
    size -= (size_t)written;
  }
}

static int read_all(int fd, unsigned char* bytes, size_t size) {
  while (size > 0) {
    const ssize_t got = read(fd, bytes, size);
    if (got <= 0) return 0;
    bytes += got;
    size -= (size_t)got;
  }
  return 1;
}

static void work_slowly(void) {
  struct timespec begin, now;
  MQTRACK_REGION("outer");
  {
    MQTRACK_REGION("inner");
    clock_gettime(CLOCK_MONOTONIC, &begin);
    do {
      clock_gettime(CLOCK_MONOTONIC, &now);
    } while ((now.tv_sec - begin.tv_sec) * 1000000000 + now.tv_nsec - begin.tv_nsec < 30000000);
  }
}

static void* help(void* nothing) {
  (void)nothing;
  pthread_setname_np(pthread_self(), "helper");
  {
    MQTRACK_REGION("helping");
    kept = kept;
  }
  return NULL;
}

static void use_thread(void) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, help, NULL) == 0) pthread_join(thread, NULL);
}

static void use_timer(void) {
  const struct itimerspec soon = {{0, 0}, {0, 1000000}};
  uint64_t expirations = 0;
  const int timer = timerfd_create(CLOCK_MONOTONIC, 0);
  timerfd_settime(timer, 0, &soon, NULL);
  if (read(timer, &expirations, sizeof expirations) != sizeof expirations) abort();
  close(timer);
}

static void burst(void) {
  int i;
  for (i = 0; i < BURST; ++i) {
    MQTRACK_REGION("burst");
    kept = kept;
  }
}

static void use_child(void) {
  int status = 0;
  const pid_t child = fork();
  if (child == 0) {
    MQTRACK_REGION("child");
    free(malloc(HELD));
    _exit(0);
  }
  waitpid(child, &status, 0);
  printf("child %d\n", status);
  fflush(stdout);
}

static __attribute__((noinline)) void do_step(const char* topic) {
  if (strcmp(topic, "step/slow") == 0) work_slowly();
  if (strcmp(topic, "step/hold") == 0) kept = malloc(HELD);
  if (strcmp(topic, "step/thread") == 0) use_thread();
  if (strcmp(topic, "step/timer") == 0) use_timer();
  if (strcmp(topic, "step/burst") == 0) burst();
  if (strcmp(topic, "step/fork") == 0) use_child();
}

// QoS 1 comes in; QoS 0 goes out.
static void publish(int from, unsigned char first, const unsigned char* body, size_t size) {
  unsigned char copy[ROOM];
  char topic[ROOM];
  const size_t topic_size = (size_t)(body[0] << 8 | body[1]);
  const size_t head = 2 + topic_size, id_size = (first & 6) != 0 ? 2 : 0, rest = size - head - id_size;
  int i;
  memcpy(topic, body + 2, topic_size);
  topic[topic_size] = 0;
  copy[0] = 0x30;
  copy[1] = (unsigned char)(head + rest);  // tests stay below 128
  memcpy(copy + 2, body, head);
  memcpy(copy + 2 + head, body + head + id_size, rest);
  for (i = 1; i < count; ++i) {
    if (polled[i].fd != from) write_all(polled[i].fd, copy, 2 + head + rest);
  }
  do_step(topic);
  if (id_size != 0) {
    const unsigned char answer[4] = {0x40, 2, body[head], body[head + 1]};
    write_all(from, answer, sizeof answer);
  }
}

// False: the connection is to be closed.
static int serve(int fd) {
  unsigned char first, digit, body[ROOM];
  size_t size = 0;
  unsigned shift = 0;
  if (!read_all(fd, &first, 1)) return 0;
  do {
    if (!read_all(fd, &digit, 1)) return 0;
    size |= (size_t)(digit & 127) << shift;
    shift += 7;
  } while ((digit & 128) != 0 && shift < 28);
  if (size > sizeof body || !read_all(fd, body, size)) return 0;
  switch (first >> 4) {
    case 1:
      write_all(fd, (const unsigned char*)"\x20\x02\0\0", 4);
      return 1;
    case 3:
      publish(fd, first, body, size);
      return 1;
    case 8: {
      const unsigned char answer[5] = {0x90, 3, body[0], body[1], 1};
      write_all(fd, answer, sizeof answer);
      return 1;
    }
    case 12:
      write_all(fd, (const unsigned char*)"\xd0\0", 2);
      return 1;
    default:
      return 0;
  }
}

int main(void) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  socklen_t size = sizeof address;
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, (struct sockaddr*)&address, size) != 0 || listen(listener, MOST) != 0 ||
      getsockname(listener, (struct sockaddr*)&address, &size) != 0)
    return 1;
  printf("listening %d\n", ntohs(address.sin_port));
  fflush(stdout);
  polled[0] = (struct pollfd){listener, POLLIN, 0};
  count = 1;
  for (;;) {
    int i;
    if (poll(polled, (nfds_t)count, -1) < 0) continue;
    for (i = count - 1; i > 0; --i) {
      if (polled[i].revents == 0 || serve(polled[i].fd)) continue;
      close(polled[i].fd);
      polled[i] = polled[--count];
    }
    if (polled[0].revents != 0 && count < MOST) {
      const int fd = accept(listener, NULL, NULL);
      if (fd >= 0) polled[count++] = (struct pollfd){fd, POLLIN, 0};
    }
  }
}
