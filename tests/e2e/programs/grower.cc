// Does a round of work for each line it reads, and answers it. What it holds looks like growth at many a moment: a
// cache that fills to its bound, tables that double, a queue that is longer each time. With an argument it also leaks,
// a few blocks in each so many rounds.
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <list>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

constexpr std::size_t kCacheBound = 250;
constexpr int kKeysPerRound = 100, kQueueRises = 6;

std::list<std::string> cache;
std::unordered_map<std::string, std::list<std::string>::iterator> cached;
std::vector<int> samples;
std::vector<std::vector<char>> tables(2);
std::deque<void*> queue;
const void* volatile lost;

[[gnu::noinline]] void Remember(int key) {
  cache.push_front("a key that is too long to be kept inside of the string " + std::to_string(key));
  cached[cache.front()] = cache.begin();
  if (cache.size() <= kCacheBound) return;
  cached.erase(cache.back());
  cache.pop_back();
}

[[gnu::noinline]] void Sample(int round) {
  for (int i = 0; i < 37; ++i) samples.push_back(i);
  std::vector<char>& table = tables[static_cast<std::size_t>(round) % tables.size()];
  table.insert(table.end(), 90, 'x');
}

[[gnu::noinline]] void Enqueue(int length) {
  for (void* waiting : queue) std::free(waiting);
  queue.clear();
  for (int i = 0; i < length; ++i) queue.push_back(std::malloc(100));
}

[[gnu::noinline]] void LoseSome() {
  for (int i = 0; i < 3; ++i) lost = std::malloc(40);
}

}  // namespace

int main(int argc, char** argv) {
  const int lose_every = argc > 1 ? std::atoi(argv[1]) : 0;
  for (int round = 0; std::getchar() != EOF; ++round) {
    for (int i = 0; i < kKeysPerRound; ++i) Remember(round * kKeysPerRound + i);
    Sample(round);
    Enqueue(round % kQueueRises + 1);
    if (lose_every > 0 && round % lose_every == 0) LoseSome();
    std::puts("done");
    std::fflush(stdout);
  }
  return 0;
}
