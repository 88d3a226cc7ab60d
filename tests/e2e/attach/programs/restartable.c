/* One thread that is nearly always inside a restartable sequence (rseq). The kernel ends one that was interrupted at its
 * abort handler; never may it go on behind the place where it was interrupted, with the kernel told that it is over. */
#define _GNU_SOURCE
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/rseq.h>
#include <unistd.h>

static volatile int sink;

/* Counts to `turns` inside a sequence: 1 if it was aborted, 0 if it came to its end, 2 if it came there though the kernel
 * had forgotten it. */
__attribute__((noinline)) static int count_in_sequence(struct rseq* area, long turns) {
  int result;
  __asm__ volatile(
      ".pushsection __rseq_cs,\"aw\"\n.balign 32\n7:\n.long 0,0\n.quad 1f,2f-1f,4f\n.popsection\n"
      "lea 7b(%%rip),%%rax\nmov %%rax,8(%[area])\n"
      "1:\nsub $1,%[turns]\njnz 1b\n"
      "cmpq $0,8(%[area])\n"
      "2:\nmov $0,%%eax\nmov $2,%%ecx\ncmove %%ecx,%%eax\njmp 5f\n"
      ".byte 0x0f,0xb9,0x3d\n.long 0x53053053\n" /* RSEQ_SIG, as an instruction that is none */
      "4:\nmov $1,%%eax\n"
      "5:\n"
      : "=&a"(result), [turns] "+r"(turns)
      : [area] "r"(area)
      : "rcx", "memory", "cc");
  return result;
}

int main(void) {
  if (__rseq_size == 0) {
    puts("no rseq");
    return 77;
  }
  struct rseq* area = (struct rseq*)((char*)__builtin_thread_pointer() + __rseq_offset);
  long ended = 0, aborted = 0;
  setvbuf(stdout, NULL, _IOLBF, 0);
  puts("ready");
  for (long turn = 0;; turn++) {
    const int how = count_in_sequence(area, 200000);
    if (how == 2) {
      puts("a sequence went on after it was interrupted");
      return 1;
    }
    how == 1 ? aborted++ : ended++;
    for (int i = 0; i < 20000; i++) sink = i; /* the moment for others */
    if (turn % 64 != 0) continue;
    struct pollfd input = {.fd = 0, .events = POLLIN};
    char line[64];
    if (poll(&input, 1, 0) <= 0) continue;
    const ssize_t got = read(0, line, sizeof line);
    if (got <= 0) break;
    free(malloc(100));
    printf("alive %ld %ld\n", ended, aborted);
  }
  return 0;
}
