// Programs without an environment. Each is one word on the command line.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

static void Work(int count) {
  for (int i = 0; i < 1000; ++i) free(malloc((size_t)i));
  for (int i = 0; i < count; ++i) (void)!malloc(7001);
}

/// Goes on without any.
static int Dropped(void) {
  clearenv();
  environ = NULL;
  Work(7);
  const pid_t child = fork();
  if (child == 0) {
    Work(1);
    _exit(getenv("PATH") != NULL);
  }
  int status = 0;
  if (waitpid(child, &status, 0) != child || status != 0) return 2;
  return setenv("PATH", "/bin", 1) != 0 || system("exit 3") != 3 << 8 ? 3 : 0;
}

int main(int argc, char** argv) {
  const char* what = argc > 1 ? argv[1] : "";
  if (strcmp(what, "dropped") == 0) return Dropped();
  if (strcmp(what, "null") == 0) execve(argv[2], argv + 2, NULL);
  if (strcmp(what, "null-variable") == 0) {
    environ = NULL;
    execvp(argv[2], argv + 2);
  }
  if (strcmp(what, "end") == 0) {
    Work(7);
    printf("%s\n", environ == NULL ? "no environment" : environ[0] == NULL ? "an empty one" : environ[0]);
    return 0;
  }
  return 64;
}
