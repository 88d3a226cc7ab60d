// Allocations before main and after it: constructors, thread and static destructors, atexit. Linked with the library
// early_library, whose constructor runs before ours does.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>

struct Static {
  std::string text = std::string(5001, 'x');
  ~Static() { (void)!malloc(5003); }
};
static Static at_both_ends;
static void AtExit() { (void)!malloc(5005); }
__attribute__((constructor)) static void Early() { (void)!malloc(5007); }
static void* cpu = nullptr;
extern "C" void early_call();

// An indirect function, resolved while the program is being relocated.
extern "C" int Chosen() { return 42; }
extern "C" int (*Resolve())() { return Chosen; }
extern "C" int Indirect() __attribute__((ifunc("Resolve")));

int main(int argc, char** argv) {
  early_call();
  atexit(AtExit);
  std::thread([] {
    struct AtEnd {
      ~AtEnd() { (void)!malloc(5009); }
    };
    thread_local AtEnd at_end;
    (void)&at_end;
  }).join();
  printf("%d\n", Indirect());
  fflush(stdout);
  if (argc > 1 && strcmp(argv[1], "_exit") == 0) _exit(0);
  if (argc > 1 && strcmp(argv[1], "quick_exit") == 0) quick_exit(0);
  if (argc > 1 && strcmp(argv[1], "abort") == 0) abort();
  if (argc > 1 && strcmp(argv[1], "exec") == 0) {
    const int left = atoi(argv[2]);
    char count[16];
    snprintf(count, sizeof count, "%d", left - 1);
    if (left > 0) execl(argv[0], argv[0], "exec", count, static_cast<char*>(nullptr));
  }
  return 0;
}
