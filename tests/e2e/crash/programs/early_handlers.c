/* A library that sets a handler and its stack before main, and before libraries that were preloaded are initialized. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static char stack_of_handler[65536];

static void on_fault(int number, siginfo_t* info, void* context) {
  (void)!write(1, "early\n", number == SIGSEGV && info != NULL && context != NULL ? 6 : 1);
  _exit(7);
}

__attribute__((constructor)) static void set_early(void) {
  const char* how = getenv("EARLY_HANDLERS");
  if (how == NULL) return;
  stack_t stack = {.ss_sp = stack_of_handler, .ss_flags = 0, .ss_size = sizeof stack_of_handler};
  if (strcmp(how, "raw") == 0)
    syscall(SYS_sigaltstack, &stack, NULL);
  else
    sigaltstack(&stack, NULL);
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigaction(SIGSEGV, &action, NULL);
}

void needs_early_handlers(void) {}

/* What libraries written in Go have. Who only needs one is no Go program. */
void crosscall2(void) {}
