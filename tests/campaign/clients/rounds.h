// main() of a client that does rounds when it is told to: numbers of rounds come through the FIFO that the first
// argument names, and after each of them it says so. The client's file has Begin, which gets the other arguments, and
// Round.
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void Begin(char** arguments);
void Round(void);

int main(int count, char** arguments) {
  if (count < 2) return 2;
  Begin(arguments + 2);
  printf("ready\n");
  fflush(stdout);
  FILE* orders = fopen(arguments[1], "r");
  if (orders == NULL) return 1;
  int rounds = 0, done = 0;
  while (fscanf(orders, "%d", &rounds) == 1) {
    for (int i = 0; i < rounds; ++i) Round();
    printf("done %d\n", ++done);
    fflush(stdout);
  }
  return 0;
}
