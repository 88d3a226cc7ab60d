// Times forks of a process that has many blocks: fork_costs BLOCKS KIND FORKS
//
// KIND is what the child does: `exec` executes /bin/true, without any environment; `live` allocates a block and says
// so. Printed: the median time from before the fork until the program has ended, or the child has said so, and that of
// the call of fork alone, both in microseconds.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

double Micros(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double, std::micro>(to - from).count();
}

double Median(std::vector<double>& values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

[[noreturn]] void RunChild(bool lives, int end) {
  if (!lives) {
    char name[] = "true";
    char* arguments[] = {name, nullptr};
    char* environment[] = {nullptr};
    ::execve("/bin/true", arguments, environment);
    ::_exit(1);
  }
  void* volatile block = std::malloc(100);
  const char byte = block != nullptr;
  ::_exit(::write(end, &byte, 1) == 1 ? 0 : 1);
}

/// False if the child failed.
bool Fork(bool lives, std::vector<double>& whole, std::vector<double>& call) {
  int ends[2];
  if (::pipe(ends) != 0) return false;
  const Clock::time_point begin = Clock::now();
  const pid_t child = ::fork();
  if (child == 0) RunChild(lives, ends[1]);
  const Clock::time_point forked = Clock::now();
  char byte = 0;
  int status = 0;
  bool good = child > 0 && (!lives || ::read(ends[0], &byte, 1) == 1);
  const Clock::time_point said = Clock::now();
  good = good && ::waitpid(child, &status, 0) == child && status == 0;
  whole.push_back(Micros(begin, lives ? said : Clock::now()));
  call.push_back(Micros(begin, forked));
  ::close(ends[0]);
  ::close(ends[1]);
  return good;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const long blocks = std::atol(argv[1]), forks = std::atol(argv[3]);
  const bool lives = std::strcmp(argv[2], "live") == 0;
  for (long i = 0; i < blocks; ++i) {
    void* volatile block = std::malloc(40);
    if (block == nullptr) return 1;
  }
  std::vector<double> whole, call;
  for (long i = 0; i < forks; ++i) {
    if (!Fork(lives, whole, call)) return 1;
  }
  std::printf("%.1f %.1f\n", Median(whole), Median(call));
}
