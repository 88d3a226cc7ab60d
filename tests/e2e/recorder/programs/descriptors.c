// Does one thing with descriptors at a time, and waits in between: usage: descriptors SCENARIO IN OUT. After each step
// its name is written to OUT; the next one is done when a byte comes in through IN.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <netinet/in.h>
#include <pthread.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "steps.h"

static struct sockaddr_in loopback(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  return address;
}

static void files(void) {
  int a, b, pair[2];
  char name[64];
  STEP(MUST((a = open("/dev/null", O_RDONLY)) >= 0));
  STEP(MUST((b = openat(AT_FDCWD, ".", O_RDONLY | O_DIRECTORY)) >= 0));
  STEP(MUST(close(a) == 0));
  STEP(MUST((a = creat("made", 0600)) >= 0));
  STEP(MUST(close(b) == 0 && close(a) == 0));
  STEP(MUST((a = open64("made", O_RDWR)) >= 0));
  STEP(MUST((b = openat64(AT_FDCWD, "made", O_RDWR)) >= 0));
  STEP(close(a), close(b));
  STEP(strcpy(name, "tempXXXXXX"), MUST((a = mkstemp(name)) >= 0));
  STEP(strcpy(name, "tempXXXXXX.x"), MUST((b = mkostemps(name, 2, O_CLOEXEC)) >= 0));
  STEP(close(a), close(b));
  STEP(MUST(open("/does/not/exist", O_RDONLY) == -1 && errno == ENOENT));
  STEP(MUST(close(12345) == -1 && errno == EBADF));
  STEP(MUST((a = memfd_create("m", 0)) >= 0));
  STEP(MUST(openpty(&pair[0], &pair[1], NULL, NULL, NULL) == 0));
  STEP(close(pair[0]), close(pair[1]), close(a));
  STEP(MUST((a = shm_open("/mqtrack-test", O_CREAT | O_RDWR, 0600)) >= 0 && shm_unlink("/mqtrack-test") == 0));
  STEP(close(a));
  STEP(MUST((a = syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY)) >= 0));
  STEP(MUST((b = syscall(SYS_dup, a)) >= 0));
  STEP(MUST(syscall(SYS_close, a) == 0 && syscall(SYS_close, b) == 0));
}

static void streams(void) {
  FILE *f, *g;
  DIR* d;
  STEP(MUST((f = fopen("stream", "w")) != NULL));
  STEP(MUST(freopen("stream", "r", f) == f));
  STEP(MUST((g = fdopen(dup(fileno(f)), "r")) != NULL));
  STEP(MUST(fclose(g) == 0));
  STEP(MUST(freopen("/does/not/exist", "r", f) == NULL));
  STEP(MUST((f = tmpfile()) != NULL));
  STEP(fclose(f));
  STEP(MUST((f = popen("true", "r")) != NULL));
  STEP(MUST(pclose(f) == 0));
  STEP(MUST((d = opendir(".")) != NULL));
  STEP(MUST(closedir(d) == 0));
  STEP(MUST((d = fdopendir(open(".", O_RDONLY | O_DIRECTORY))) != NULL));
  STEP(MUST(closedir(d) == 0));
  char memory[16];
  STEP(MUST((f = fmemopen(memory, sizeof memory, "w")) != NULL));
  STEP(MUST(fclose(f) == 0));
}

static void copies(void) {
  int a, b, pipes[2];
  STEP(MUST(pipe(pipes) == 0));
  STEP(MUST((a = dup(pipes[0])) >= 0));
  STEP(MUST(dup2(a, a) == a));
  STEP(MUST(dup2(pipes[1], 80) == 80));
  STEP(MUST(dup2(a, 80) == 80));
  STEP(MUST(dup2(-1, 80) == -1 && errno == EBADF));
  STEP(MUST(dup2(7777, 7777) == -1));
  STEP(MUST(dup3(a, 81, O_CLOEXEC) == 81));
  STEP(MUST(dup3(a, a, 0) == -1 && errno == EINVAL));
  STEP(MUST((b = fcntl(a, F_DUPFD, 90)) == 90));
  STEP(MUST(fcntl(a, F_DUPFD_CLOEXEC, 90) == 91));
  STEP(MUST(fcntl(a, F_GETFD) == 0 && fcntl(a, F_SETFL, O_NONBLOCK) == 0));
  STEP(MUST(close_range(90, 100, CLOSE_RANGE_CLOEXEC) == 0));
  STEP(MUST(close_range(90, 100, 0) == 0));
  STEP(MUST(close_range(9, 8, 0) == -1));
  STEP(MUST(syscall(SYS_dup3, a, 92, 0) == 92));
  STEP(closefrom(80));
  STEP(close(a), close(pipes[0]), close(pipes[1]));
}

static void kernel_objects(void) {
  int fds[8], signals;
  sigset_t none;
  sigemptyset(&none);
  STEP(MUST(pipe2(fds, O_CLOEXEC) == 0));
  STEP(MUST((fds[2] = eventfd(0, 0)) >= 0));
  STEP(MUST((fds[3] = epoll_create1(0)) >= 0));
  STEP(MUST((fds[4] = epoll_create(1)) >= 0));
  STEP(MUST((fds[5] = timerfd_create(CLOCK_MONOTONIC, 0)) >= 0));
  STEP(MUST((fds[6] = inotify_init1(0)) >= 0));
  STEP(MUST((signals = signalfd(-1, &none, 0)) >= 0));
  STEP(MUST(signalfd(signals, &none, 0) == signals));
  STEP(for (int i = 0; i < 7; ++i) close(fds[i]); close(signals));
}

static int passed_over(int socket_with_it) {
  char byte, control[CMSG_SPACE(2 * sizeof(int))];
  struct iovec data = {&byte, 1};
  struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  return recvmsg(socket_with_it, &message, 0) == 1;
}

static void pass_two(int through) {
  char byte = 0, control[CMSG_SPACE(2 * sizeof(int))] = {0};
  struct iovec data = {&byte, 1};
  struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr* head = CMSG_FIRSTHDR(&message);
  *head = (struct cmsghdr){CMSG_LEN(2 * sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
  memcpy(CMSG_DATA(head), (int[]){in, out}, 2 * sizeof(int));
  MUST(sendmsg(through, &message, 0) == 1);
}

static void sockets(void) {
  int listener, client, accepted, pair[2], udp;
  struct sockaddr_in address = loopback();
  socklen_t length = sizeof address;
  STEP(MUST((listener = socket(AF_INET, SOCK_STREAM, 0)) >= 0));
  STEP(MUST(bind(listener, (struct sockaddr*)&address, sizeof address) == 0 && listen(listener, 8) == 0));
  MUST(getsockname(listener, (struct sockaddr*)&address, &length) == 0);
  STEP(MUST((client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) >= 0));
  STEP(MUST(connect(client, (struct sockaddr*)&address, sizeof address) == 0));
  STEP(MUST((accepted = accept(listener, NULL, NULL)) >= 0));
  STEP(close(client), close(accepted));
  STEP(MUST((client = socket(AF_INET, SOCK_STREAM, 0)) >= 0),
       MUST(connect(client, (struct sockaddr*)&address, sizeof address) == 0));
  STEP(length = sizeof address, MUST((accepted = accept4(listener, (struct sockaddr*)&address, &length, 0)) >= 0));
  STEP(close(client), close(accepted), close(listener));
  STEP(MUST((udp = socket(AF_INET6, SOCK_DGRAM, 0)) >= 0));
  STEP(close(udp));
  STEP(MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0));
  pass_two(pair[0]);
  STEP(MUST(passed_over(pair[1])));
  STEP(MUST(connect(pair[0], NULL, 8) == -1 && errno == EFAULT));
  STEP(MUST(accept(12345, NULL, NULL) == -1 && errno == EBADF));
}

/// What no hook sees.
static long unseen(long number, long a, long b, long c) {
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "0"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
  return result;
}

static void behind_our_back(void) {
  int a, b;
  MUST((a = open("/dev/null", O_RDONLY)) >= 0);
  MUST((b = dup(a)) >= 0);
  step("opened");
  MUST(unseen(SYS_openat, AT_FDCWD, (long)"/dev/zero", O_RDONLY) >= 0);
  MUST(unseen(SYS_socket, AF_INET, SOCK_STREAM, 0) >= 0);
  step("opened unseen");
  MUST(unseen(SYS_close, a, 0, 0) == 0);
  step("closed unseen");
  MUST(open("/dev/null", O_RDONLY) == a);
  step("the number is used again");
}

static void children(void) {
  int kept = open("/dev/null", O_RDONLY), pipes[2], status;
  MUST(pipe(pipes) == 0);
  step("before");
  pid_t child = vfork();
  if (child == 0) {
    close(kept);
    dup2(pipes[1], pipes[0]);
    close_range(20, 30, 0);
    open("/dev/null", O_RDONLY);
    _exit(0);
  }
  MUST(waitpid(child, &status, 0) == child);
  step("a child of vfork");
  posix_spawn_file_actions_t actions;
  MUST(posix_spawn_file_actions_init(&actions) == 0);
  posix_spawn_file_actions_addclose(&actions, kept);
  posix_spawn_file_actions_adddup2(&actions, pipes[1], 9);
  posix_spawn_file_actions_addopen(&actions, 8, "/dev/null", O_RDONLY, 0);
  MUST(posix_spawnp(&child, "true", &actions, NULL, (char*[]){"true", NULL}, environ) == 0);
  posix_spawn_file_actions_destroy(&actions);
  MUST(waitpid(child, &status, 0) == child);
  step("a child of posix_spawn");
  MUST(system("exec 7</dev/null; true") == 0);
  step("a child of system");
  child = fork();
  if (child == 0) {
    close(kept);
    MUST(dup(pipes[0]) >= 0);
    step("in the child");
    close_range(3, in < out ? in - 1 : out - 1, 0);
    step("in the child, nearly all closed");
    _exit(0);
  }
  MUST(waitpid(child, &status, 0) == child && status == 0);
  step("a child of fork");
  fcntl(kept, F_SETFD, FD_CLOEXEC);
  char number[2][12];
  sprintf(number[0], "%d", in);
  sprintf(number[1], "%d", out);
  execl("/proc/self/exe", "descriptors", "executed", number[0], number[1], NULL);
}

static void executed(void) {
  step("executed");
  MUST(open("/dev/null", O_RDONLY) >= 0);
  step("opened afterwards");
}

enum { kThreads = 4 };
static pthread_barrier_t all_stop, all_go;
static volatile int stopping;
static int listening;
static struct sockaddr_in listening_at;

static void churn_once(unsigned* seed, int own_numbers) {
  int fds[2], a;
  switch (rand_r(seed) % 8) {
    case 0:
      if ((a = open("/dev/null", O_RDONLY)) >= 0 && rand_r(seed) % 4) close(a);
      break;
    case 1:
      if (pipe(fds) == 0) close(fds[0]), close(fds[1]);
      break;
    case 2:
      if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0) close(fds[1]), close(fds[0]);
      break;
    case 3:
      if ((a = dup(listening)) >= 0 && rand_r(seed) % 4) close(a);
      break;
    case 4: {
      FILE* f = fopen("/dev/null", "r");
      if (f) fclose(f);
      break;
    }
    case 5:  // numbers of the thread's own, beyond those that the kernel chooses
      close(own_numbers + rand_r(seed) % 16);
      break;
    case 6:
      dup2(listening, own_numbers + rand_r(seed) % 16);
      break;
    case 7:
      a = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
      if (a >= 0) {
        connect(a, (struct sockaddr*)&listening_at, sizeof listening_at);
        fds[0] = accept(listening, NULL, NULL);
        if (fds[0] >= 0) close(fds[0]);
        close(a);
      }
  }
}

static void* churner(void* argument) {
  unsigned seed = (unsigned)(size_t)argument;
  const int own_numbers = 700 + 16 * seed;
  for (;;) {
    for (int i = 0; i < 200; ++i) churn_once(&seed, own_numbers);
    pthread_barrier_wait(&all_stop);
    pthread_barrier_wait(&all_go);
    if (stopping) return NULL;
  }
}

static void churn(void) {
  socklen_t length = sizeof listening_at;
  listening_at = loopback();
  MUST((listening = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)) >= 0);
  MUST(bind(listening, (struct sockaddr*)&listening_at, length) == 0 && listen(listening, 64) == 0);
  MUST(getsockname(listening, (struct sockaddr*)&listening_at, &length) == 0);
  pthread_barrier_init(&all_stop, NULL, kThreads + 1);
  pthread_barrier_init(&all_go, NULL, kThreads + 1);
  pthread_t threads[kThreads];
  for (size_t i = 0; i < kThreads; ++i) MUST(pthread_create(&threads[i], NULL, churner, (void*)(i + 1)) == 0);
  for (int round = 0; round < 12; ++round) {
    pthread_barrier_wait(&all_stop);
    step("churned");
    if (round % 4 == 3) closefrom(128);
    stopping = round == 11;
    pthread_barrier_wait(&all_go);
  }
  for (int i = 0; i < kThreads; ++i) pthread_join(threads[i], NULL);
}

static void left_behind(void* socket) { malloc(7777); }
static volatile int about_to_wait;
static void* waits(void* argument) {
  int fd = *(int*)argument;
  char byte;
  struct iovec data = {&byte, 1};
  struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
  pthread_cleanup_push(left_behind, NULL);
  about_to_wait = 1;
  fd == listening ? accept(fd, NULL, NULL) : recvmsg(fd, &message, 0);
  pthread_cleanup_pop(0);
  return NULL;
}

/// Threads that are cancelled in the middle of a call that waits; what their handlers allocate counts.
static void cancelled(void) {
  int pair[2];
  MUST((listening = socket(AF_INET, SOCK_STREAM, 0)) >= 0 && listen(listening, 1) == 0);
  MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  for (int i = 0; i < 20; ++i) {
    pthread_t thread;
    about_to_wait = 0;
    MUST(pthread_create(&thread, NULL, waits, i % 2 ? &listening : &pair[0]) == 0);
    while (!about_to_wait) sched_yield();
    void* result;
    MUST(pthread_cancel(thread) == 0 && pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED);
  }
  step("cancelled");
  close(pair[0]);
  step("closed");
}

static void open_and_close(int signal) {
  int saved = errno;
  int a = open("/dev/null", O_RDONLY), b = dup(a);
  close(a);
  close(b);
  errno = saved;
}

static void handlers(void) {
  struct sigaction action = {.sa_handler = open_and_close, .sa_flags = SA_RESTART};
  sigaction(SIGALRM, &action, NULL);
  setitimer(ITIMER_REAL, &(struct itimerval){{0, 200}, {0, 200}}, NULL);
  for (int round = 0; round < 3000; ++round) {
    void* blocks[64];
    for (int i = 0; i < 64; ++i) blocks[i] = malloc(100 + i);
    int fd = open("/dev/null", O_RDONLY);
    for (int i = 0; i < 64; ++i) free(blocks[i]);
    close(fd);
  }
  setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
  step("handled");
}

static void rooted(void) {
  MUST(open("/dev/null", O_RDONLY) >= 0);
  MUST(chroot(".") == 0 && chdir("/") == 0);
  step("in a chroot");
  MUST(creat("made", 0600) >= 0);
  step("opened there");
}

static void limited(void) {
  struct rlimit limit;
  MUST(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  int most = (int)limit.rlim_cur, fd;
  while ((fd = dup(in)) >= 0 && fd < most) continue;
  MUST(errno == EMFILE);
  step("no number is left");
  MUST(close_range(3, in < out ? in - 1 : out - 1, 0) == 0);
  MUST(close_range((in > out ? in : out) + 1, ~0U, 0) == 0);
  step("all closed");
}

int main(int count, char** words) {
  static const struct {
    const char* name;
    void (*run)(void);
  } scenarios[] = {
      {"files", files},     {"streams", streams},        {"copies", copies},     {"objects", kernel_objects},
      {"sockets", sockets}, {"unseen", behind_our_back}, {"children", children}, {"executed", executed},
      {"churn", churn},     {"cancelled", cancelled},    {"handlers", handlers}, {"rooted", rooted},
      {"limited", limited}};
  in = atoi(words[2]);
  out = atoi(words[3]);
  step("start");
  for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; ++i) {
    if (strcmp(scenarios[i].name, words[1]) == 0) scenarios[i].run();
  }
  return 0;
}
