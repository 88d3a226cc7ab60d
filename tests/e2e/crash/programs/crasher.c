/* Dies in the way that its argument names, or lives on after a signal. What it prints and how it ends must not depend on
   whether the crash reporter is there. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define KEPT __attribute__((noinline, noclone, used))

static volatile int sink;
static int* volatile nowhere;
static sigjmp_buf back;
static char own_stack[65536];

static void say(const char* text) { (void)!write(1, text, strlen(text)); }

KEPT static void store_add(void) {
  *nowhere = 1;
  sink = 1;
}
KEPT static void handle_packet(void) {
  store_add();
  sink = 2;
}
KEPT static void give_up(void) {
  abort();
}
KEPT static int sink_deep(int depth) {
  volatile char room[1024];
  room[depth % 1024] = 1;
  return sink_deep(depth + 1) + room[(depth + 1) % 1024];
}
KEPT static void divide(void) {
  volatile int zero = 0;
  sink = 7 / zero;
}
KEPT static void beyond_the_file(void) {
  FILE* file = tmpfile();
  (void)!ftruncate(fileno(file), 1);
  volatile char* page = mmap(NULL, 8192, PROT_READ, MAP_SHARED, fileno(file), 0);
  sink = page[8000];
}
KEPT static void forbidden_code(void) { __builtin_trap(); }
KEPT static void call_nothing(void) {
  void (*volatile function)(void) = NULL;
  function();
  sink = 3;
}
/* A call of nothing where no stack is: who called cannot be read. */
KEPT static void call_nothing_without_stack(void) {
  __asm__ volatile("mov $8, %%rsp\n\txor %%eax, %%eax\n\tjmp *%%rax" ::: "rax", "memory");
}
KEPT static void break_heap(void) {
  char* volatile block = malloc(24);
  memset(block - 8, 0xff, 8);
  free(block);
}
KEPT static void free_twice(void) {
  char* volatile block = malloc(5000);
  char* volatile other = malloc(5000);
  free(block);
  free(block);
  free(other);
}
KEPT static void overwrite_stack(void) {
  volatile unsigned long* above = __builtin_frame_address(0); /* what lies below stays: the loop's own variable */
  for (int i = 0; i < 64; ++i) above[i] = 0x10 + (unsigned long)i;
  *nowhere = 1;
}
static void* thread_fault(void* nothing) {
  pthread_setname_np(pthread_self(), "worker");
  handle_packet();
  return nothing;
}
static void* thread_overflow(void* nothing) {
  sink = sink_deep(0);
  return nothing;
}
static void in_thread(void* (*routine)(void*)) {
  pthread_t thread;
  pthread_create(&thread, NULL, routine, NULL);
  pthread_join(thread, NULL);
}

static void on_user_signal(int number) {
  (void)number;
  store_add();
}
static void on_fault_exit(int number, siginfo_t* info, void* context) {
  printf("handled %d code %d address %d context %d\n", number, info->si_code > 0, info->si_addr == NULL, context != NULL);
  fflush(stdout);
  _exit(7);
}
static void on_fault_plain(int number) {
  say(number == SIGSEGV ? "plain SIGSEGV\n" : "plain other\n");
  signal(number, SIG_DFL);
  raise(number);
}
static void on_fault_once(int number) {
  (void)number;
  say("once\n");
}
static void on_fault_jump(int number) { siglongjmp(back, number); }

static void set(int number, void (*handler)(int, siginfo_t*, void*), int flags) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handler;
  action.sa_flags = flags;
  sigaction(number, &action, NULL);
}
static void set_plain(int number, void (*handler)(int), int flags) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigaction(number, &action, NULL);
}
static void use_own_stack(void) {
  stack_t stack = {.ss_sp = own_stack, .ss_flags = 0, .ss_size = sizeof own_stack};
  sigaltstack(&stack, NULL);
}

/* What a service can find out of its handlers. */
static void tell(void) {
  struct sigaction action;
  stack_t stack;
  sigaction(SIGSEGV, NULL, &action);
  sigaltstack(NULL, &stack);
  printf("at first %d flags %x stack %d\n", action.sa_handler == SIG_DFL, (unsigned)action.sa_flags, stack.ss_flags);
  set(SIGSEGV, on_fault_exit, SA_SIGINFO | SA_ONSTACK | SA_RESETHAND);
  sigaction(SIGSEGV, NULL, &action);
  printf("set %d flags %x\n", action.sa_sigaction == on_fault_exit, (unsigned)action.sa_flags);
  printf("replaced %d\n", signal(SIGSEGV, on_fault_plain) == (void (*)(int))on_fault_exit);
  sigaction(SIGSEGV, NULL, &action);
  printf("by signal %d flags %x blocks %d\n", action.sa_handler == on_fault_plain, (unsigned)action.sa_flags,
         sigismember(&action.sa_mask, SIGSEGV));
  printf("ignored %d\n", signal(SIGABRT, SIG_IGN) == SIG_DFL);
  printf("again %d\n", signal(SIGABRT, SIG_DFL) == SIG_IGN);
  printf("wrong %d\n", signal(12345, SIG_DFL) == SIG_ERR);
  fflush(stdout);
}

static int child_that_crashes(int with_vfork) {
  char* volatile kept = malloc(100);
  const pid_t child = with_vfork ? vfork() : fork();
  if (child == 0) {
    if (!with_vfork) kept = malloc(200);
    handle_packet();
    _exit(kept != NULL);
  }
  int status = 0;
  waitpid(child, &status, 0);
  printf("child %d\n", WIFSIGNALED(status) ? WTERMSIG(status) : -1);
  return 0;
}

static void in_plugin(const char* self) {
  char path[4096];
  snprintf(path, sizeof path, "%s_plugin.so", self);
  void* plugin = dlopen(path, RTLD_NOW);
  if (plugin == NULL) {
    puts(dlerror());
    exit(99);
  }
  ((void (*)(void))dlsym(plugin, "plugin_on_message"))();
}

__attribute__((constructor)) static void set_before_main(void) {
  const char* early = getenv("CRASHER_EARLY");
  if (early != NULL) set(SIGSEGV, on_fault_exit, SA_SIGINFO);
}

int main(int count, char** words) {
  const char* way = count > 1 ? words[1] : "";
#define WAY(name) if (strcmp(way, name) == 0)
  WAY("segv") handle_packet();
  WAY("abort") give_up();
  WAY("overflow") sink = sink_deep(0);
  WAY("fpe") divide();
  WAY("bus") beyond_the_file();
  WAY("ill") forbidden_code();
  WAY("null_call") call_nothing();
  WAY("null_call_without_stack") call_nothing_without_stack();
  WAY("heap") break_heap();
  WAY("double_free") free_twice();
  WAY("smashed") overwrite_stack();
  WAY("thread") in_thread(thread_fault);
  WAY("thread_overflow") in_thread(thread_overflow);
  WAY("in_handler") {
    set_plain(SIGUSR1, on_user_signal, 0);
    raise(SIGUSR1);
  }
  WAY("fork") return child_that_crashes(0);
  WAY("vfork") return child_that_crashes(1);
  WAY("plugin") in_plugin(words[0]);
  WAY("early") handle_packet();
  WAY("siginfo") {
    set(SIGSEGV, on_fault_exit, SA_SIGINFO);
    handle_packet();
  }
  WAY("raise_again") {
    set_plain(SIGSEGV, on_fault_plain, 0);
    handle_packet();
  }
  WAY("abort_again") {
    set_plain(SIGABRT, on_fault_plain, 0);
    give_up();
  }
  WAY("resethand") {
    set_plain(SIGSEGV, on_fault_once, (int)SA_RESETHAND);
    handle_packet();
  }
  WAY("onstack") {
    use_own_stack();
    set(SIGSEGV, on_fault_exit, SA_SIGINFO | SA_ONSTACK);
    sink = sink_deep(0);
  }
  WAY("onstack_without") { /* no alternate stack: its handler cannot run */
    set(SIGSEGV, on_fault_exit, SA_SIGINFO | SA_ONSTACK);
    sink = sink_deep(0);
  }
  WAY("survive") {
    set_plain(SIGSEGV, on_fault_jump, 0);
    for (int i = 0; i < 1000; ++i) {
      if (sigsetjmp(back, 1) == 0) handle_packet();
    }
    puts("survived");
    return 5;
  }
  WAY("ignored") {
    signal(SIGABRT, SIG_IGN);
    raise(SIGABRT);
    puts("not moved");
    return 0;
  }
  WAY("ignored_abort") {
    signal(SIGABRT, SIG_IGN);
    give_up();
  }
  WAY("sent") {
    kill(getpid(), SIGSEGV);  // delivered before it returns
  }
  WAY("killed") kill(getpid(), SIGKILL);
  WAY("exits") return 3;
  WAY("tell") tell();
  return 0;
}
