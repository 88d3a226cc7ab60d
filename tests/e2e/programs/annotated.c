// A service that tells mqtrack of itself. Says "ready", and answers each line it is sent:
//   ?                does a round of work, and says "alive" and whether it is recorded
//   snapshot NAME    takes a snapshot, and says what came of it
//   hold             enters a region and stays in it; "drop" leaves it
// Ends well when its input does.
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <track/track.h>

enum { kKept = 64, kLineBytes = 256 };

static void* volatile kept[kKept];
static int kept_count = 0;
static jmp_buf far_away;
static char lease, held;

/// What is never freed, but not unreachable.
__attribute__((noinline)) static void Keep(size_t bytes) { kept[kept_count++ % kKept] = malloc(bytes); }

__attribute__((noinline)) static void Decode(void) {
  MQTRACK_REGION("decode");
  Keep(1003);
  {
    MQTRACK_REGION("json");
    Keep(1005);
  }
  Keep(1003);
}

/// Deep enough on the stack for all that follows to be above it.
__attribute__((noinline)) static void JumpOut(void) {
  volatile char room[kLineBytes];
  room[0] = 1;
  MQTRACK_REGION("lost");
  Keep(1007);
  longjmp(far_away, room[0]);
}

__attribute__((noinline)) static void TakeFromPool(void) {
  mqtrack_acquire("buffer", &lease, 4096);
  mqtrack_acquire("lease", &lease, 0);
  mqtrack_acquire("timer", mqtrack_handle(7), 0);
  mqtrack_release("timer", mqtrack_handle(7));
}

static void DoRound(void) {
  Keep(1001);
  Decode();
  if (setjmp(far_away) == 0) JumpOut();
  Decode();
  Keep(1001);
  TakeFromPool();
}

static void Answer(const char* line) {
  if (strcmp(line, "?") == 0) {
    DoRound();
    printf("alive %d\n", mqtrack_is_recording());
  } else if (strncmp(line, "snapshot ", 9) == 0) {
    const int result = mqtrack_snapshot(line + 9);
    printf("alive %d %s\n", result, mqtrack_snapshot_error());
  } else if (strcmp(line, "hold") == 0) {
    mqtrack_region_enter(&held, "held");
    printf("alive\n");
  } else if (strcmp(line, "drop") == 0) {
    mqtrack_region_leave(&held);
    printf("alive\n");
  } else {
    printf("what is \"%s\"?\n", line);
  }
}

int main(void) {
  char line[kLineBytes];
  setvbuf(stdout, NULL, _IOLBF, 0);
  printf("ready\n");
  while (fgets(line, sizeof line, stdin) != NULL) {
    line[strcspn(line, "\n")] = 0;
    Answer(line);
  }
  return 0;
}
