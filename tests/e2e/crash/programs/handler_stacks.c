/* Says on which stack its handlers run, and whether what they interrupted goes on as it was. What it prints and how it
   ends must not depend on whether the crash reporter is there. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#define KEPT __attribute__((noinline, noclone, used))

void needs_early_handlers(void);

static volatile int sink;
static int* volatile nowhere;
static char* page;
static volatile int handled, was_told;

static void say(const char* text) { (void)!write(1, text, strlen(text)); }

KEPT static int sink_deep(int depth) {
  volatile char room[1024];
  room[depth % 1024] = 1;
  return sink_deep(depth + 1) + room[(depth + 1) % 1024];
}
KEPT static void fault(void) {
  *nowhere = 1;
  sink = 1;
}
KEPT static void break_stack_and_fault(void) {
  volatile unsigned long* above = __builtin_frame_address(0);
  for (int i = 0; i < 64; ++i) above[i] = 0x10 + (unsigned long)i;
  *nowhere = 1;
}
/* More than an alternate stack holds. */
KEPT static void use_much(void) {
  volatile char much[300000];
  for (unsigned i = 0; i < sizeof much; i += 512) much[i] = 1;
  sink = much[1024];
}
static void say_where(const char* who) {
  pthread_attr_t attributes;
  void* start;
  size_t bytes;
  pthread_getattr_np(pthread_self(), &attributes);
  pthread_attr_getstack(&attributes, &start, &bytes);
  pthread_attr_destroy(&attributes);
  const char* here = __builtin_frame_address(0);
  stack_t stack;
  const int known = sigaltstack(NULL, &stack) == 0 ? stack.ss_flags : -1;
  char text[200];
  snprintf(text, sizeof text, "%s: on the thread's stack %d, known of an alternate one %d\n", who,
           here >= (char*)start && here < (char*)start + bytes, known);
  say(text);
}

static void on_fault_exit(int number, siginfo_t* info, void* context) {
  (void)context;
  say_where("fault");
  char text[100];
  snprintf(text, sizeof text, "number %d address %d\n", number, info->si_addr == NULL);
  say(text);
  _exit(7);
}
static void on_fault_much(int number, siginfo_t* info, void* context) {
  use_much();
  on_fault_exit(number, info, context);
}
static void on_fault_little(int number, siginfo_t* info, void* context) {
  const greg_t at = ((ucontext_t*)context)->uc_mcontext.gregs[REG_RIP];
  const int right = number == SIGSEGV && info->si_signo == SIGSEGV && info->si_code > 0 && at > 4096;
  say(right ? "little\n" : "wrong\n");
  _exit(7);
}
static void on_fault_mend(int number, siginfo_t* info, void* context) {
  (void)number, (void)context;
  use_much();
  volatile double other = 3.25;
  sink = (int)(other * 3);
  mprotect(info->si_addr, 1, PROT_READ | PROT_WRITE);
  ++handled;
}
static void on_inner(int number) {
  (void)number;
  use_much();
  say_where("inner");
}
static void on_user(int number, siginfo_t* info, void* context) {
  (void)context;
  use_much();
  say_where("user");
  if (info->si_pid == getpid() && number == SIGUSR1) raise(SIGUSR2);
  errno = EBADF;
  ++handled;
}

static void set(int number, void (*handler)(int, siginfo_t*, void*), int flags) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handler;
  action.sa_flags = flags | SA_SIGINFO;
  sigaction(number, &action, NULL);
}

static char* guarded(size_t bytes) {
  const size_t least = (size_t)sysconf(_SC_PAGESIZE);
  bytes = (bytes + least - 1) / least * least;
  char* made = mmap(NULL, least + bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mprotect(made + least, bytes, PROT_READ | PROT_WRITE);
  return made + least;
}
/* As small as such stacks can be, for a handler that needs next to nothing; what lies below it faults. */
static void use_smallest_stack(void) {
  const size_t least = (size_t)sysconf(_SC_MINSIGSTKSZ) + 1024;
  const size_t all = (size_t)sysconf(_SC_PAGESIZE), rounded = (least + all - 1) / all * all;
  const stack_t stack = {.ss_sp = guarded(rounded), .ss_flags = 0, .ss_size = least};
  if (sigaltstack(&stack, NULL) != 0) say("no stack\n");
}

static void* run_fault(void* nothing) { return fault(), nothing; }
static void* run_overflow(void* nothing) {
  sink = sink_deep(0);
  return nothing;
}
static void* run_user(void* nothing) {
  say_where("before");
  raise(SIGUSR1);
  say_where("after");
  printf("errno %d handled %d\n", errno, handled);
  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, NULL, &mask);
  printf("held back %d %d\n", sigismember(&mask, SIGUSR1), sigismember(&mask, SIGUSR2));
  return nothing;
}
static void* run_mended(void* nothing) {
  double sum = 0.5;
  for (int i = 0; i < 100; ++i) {
    double factor = 1.0 + i / 8.0;
    __asm__ volatile("movl $7, (%1)" : "+x"(factor) : "r"(page) : "memory"); /* factor is in a register meanwhile */
    sum += factor * page[0];
    mprotect(page, 1, PROT_READ);
  }
  printf("sum %.3f handled %d\n", sum, handled);
  return nothing;
}
static void in_thread(void* (*routine)(void*), size_t stack_bytes) {
  pthread_t thread;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  if (stack_bytes != 0) pthread_attr_setstacksize(&attributes, stack_bytes);
  pthread_create(&thread, &attributes, routine, NULL);
  pthread_join(thread, NULL);
}

static void* run_with_own_stack(void* nothing) {
  const stack_t stack = {.ss_sp = guarded(65536), .ss_flags = 0, .ss_size = 65536};
  sigaltstack(&stack, NULL);
  sink = sink_deep(0);
  return nothing;
}

/* A stack that was given and taken away again. */
static void* run_with_former_stack(void* nothing) {
  const stack_t stack = {.ss_sp = guarded(65536), .ss_flags = 0, .ss_size = 65536};
  const stack_t none = {.ss_sp = NULL, .ss_flags = SS_DISABLE, .ss_size = 0};
  sigaltstack(&stack, NULL);
  say_where("given");
  sigaltstack(&none, NULL);
  munmap(stack.ss_sp, 65536);
  return run_user(nothing);
}

static sem_t begin;
static void* run_overflow_later(void* nothing) {
  sem_wait(&begin);
  return run_overflow(nothing);
}

static void tell(void) {
  struct sigaction action;
  signal(SIGUSR2, SIG_IGN);
  set(SIGUSR1, on_user, SA_ONSTACK | SA_RESTART);
  sigaction(SIGUSR1, NULL, &action);
  printf("set %d flags %x\n", action.sa_sigaction == on_user, (unsigned)action.sa_flags);
  printf("replaced %d\n", signal(SIGUSR1, on_inner) == (void (*)(int))on_user);
  sigaction(SIGUSR1, NULL, &action);
  printf("by signal %d flags %x\n", action.sa_handler == on_inner, (unsigned)action.sa_flags);
  set(SIGUSR1, on_user, SA_ONSTACK);
  printf("ignored %d\n", signal(SIGUSR1, SIG_IGN) == (void (*)(int))on_user);
  printf("again %d\n", signal(SIGUSR1, SIG_DFL) == SIG_IGN);
  set(SIGUSR1, on_user, (int)(SA_ONSTACK | SA_RESETHAND));
  raise(SIGUSR1);
  sigaction(SIGUSR1, NULL, &action);
  printf("once %d handled %d\n", action.sa_handler == SIG_DFL, handled);
  set(SIGUSR1, on_user, SA_ONSTACK);
  printf("at System V's %d\n", sysv_signal(SIGUSR1, SIG_IGN) == (void (*)(int))on_user);
  set(SIGUSR1, on_user, SA_ONSTACK);
  printf("not one %d\n", signal(SIGUSR1, SIG_ERR) == SIG_ERR);
  sigaction(SIGUSR1, NULL, &action);
  printf("stays %d\n", action.sa_sigaction == on_user);
  if (vfork() == 0) {
    was_told = signal(SIGUSR1, SIG_IGN) == (void (*)(int))on_user;
    _exit(0);
  }
  sigaction(SIGUSR1, NULL, &action);
  printf("in the child %d, stays %d\n", was_told, action.sa_sigaction == on_user);
  set(SIGKILL, on_user, SA_ONSTACK);
  printf("refused %d\n", errno == EINVAL);
  sigaction(SIGKILL, NULL, &action);
  printf("as ever %d\n", action.sa_handler == SIG_DFL);
}

int main(int count, char** words) {
  const char* way = count > 1 ? words[1] : "";
  needs_early_handlers();
  setvbuf(stdout, NULL, _IONBF, 0);
#define WAY(name) if (strcmp(way, name) == 0)
  WAY("early_call") sink = sink_deep(0);
  WAY("early_raw") sink = sink_deep(0);
  WAY("main_without") {
    set(SIGSEGV, on_fault_much, SA_ONSTACK);
    fault();
  }
  WAY("thread_without") {
    set(SIGSEGV, on_fault_much, SA_ONSTACK);
    in_thread(run_fault, 0);
  }
  WAY("overflow_without") {
    set(SIGSEGV, on_fault_exit, SA_ONSTACK);
    in_thread(run_overflow, 0);
  }
  WAY("overflow_elsewhere") { /* another thread has a stack, by and by */
    pthread_t thread;
    set(SIGSEGV, on_fault_exit, SA_ONSTACK);
    sem_init(&begin, 0, 0);
    pthread_create(&thread, NULL, run_overflow_later, NULL);
    use_smallest_stack();
    sem_post(&begin);
    pthread_join(thread, NULL);
  }
  WAY("overflow_with") {
    set(SIGSEGV, on_fault_exit, SA_ONSTACK);
    in_thread(run_with_own_stack, 0);
  }
  WAY("overflow_nodefer") {
    set(SIGSEGV, on_fault_exit, (int)(SA_ONSTACK | SA_NODEFER));
    in_thread(run_overflow, 0);
  }
  WAY("user_without") {
    set(SIGUSR1, on_user, SA_ONSTACK);
    set(SIGUSR2, on_user, SA_ONSTACK);
    run_user(NULL);
    in_thread(run_user, 0);
  }
  WAY("user_inner") {
    set(SIGUSR1, on_user, SA_ONSTACK);
    signal(SIGUSR2, on_inner);
    in_thread(run_user, 0);
  }
  WAY("former_stack") {
    set(SIGUSR1, on_user, SA_ONSTACK);
    set(SIGUSR2, on_user, SA_ONSTACK);
    in_thread(run_with_former_stack, 0);
  }
  WAY("returns") {
    page = guarded(1);
    mprotect(page, 1, PROT_READ);
    set(SIGSEGV, on_fault_mend, SA_ONSTACK);
    run_mended(NULL);
    in_thread(run_mended, 0);
  }
  WAY("smallest") {
    set(SIGSEGV, on_fault_little, SA_ONSTACK);
    use_smallest_stack();
    sink = sink_deep(0);
  }
  WAY("smallest_broken") {
    set(SIGSEGV, on_fault_little, SA_ONSTACK);
    use_smallest_stack();
    break_stack_and_fault();
  }
  WAY("smallest_thread") {
    set(SIGSEGV, on_fault_little, 0);
    in_thread(run_fault, (size_t)sysconf(_SC_THREAD_STACK_MIN));
  }
  WAY("tell") tell();
  return 0;
}
