// Preloaded by launch_test in the recorder's place: says in a file that it was loaded.
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

__attribute__((constructor)) static void LeaveMark(void) {
  const char* path = getenv("MQTRACK_TEST_MARK");
  if (path == NULL) return;
  const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return;
  (void)!write(fd, "loaded\n", 7);
  close(fd);
}
