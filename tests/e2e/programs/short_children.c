// A service test as others have it: works, has children that live for a moment, and frees what it made. Built with LEAKS,
// a child does not.
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((noinline)) static char* MakeSession(int number) {
  char* session = malloc(1000);
  if (session == NULL) exit(1);
  memset(session, number, 1000);
  return session;
}

__attribute__((noinline)) static int Serve(int number) {
  char* session = MakeSession(number);
  const int result = session[0] == number ? 0 : 1;
#ifdef LEAKS
  if (number == 1) return result;
#endif
  free(session);
  return result;
}

int main(void) {
  for (int number = 0; number < 3; ++number) {
    const pid_t child = fork();
    if (child < 0) return 1;
    if (child == 0) exit(Serve(number));
  }
  int result = 0, status = 0;
  while (wait(&status) > 0) result |= status;
  return result == 0 ? 0 : 1;
}
