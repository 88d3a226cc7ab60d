/* A program that no preloaded library can get into. With an argument it runs until its standard input ends. */
#include <unistd.h>

int main(int count, char** arguments) {
  (void)arguments;
  char byte;
  while (count > 1 && read(STDIN_FILENO, &byte, 1) > 0) {
  }
  return 0;
}
