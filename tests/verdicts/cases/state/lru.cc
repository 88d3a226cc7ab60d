// A cache that drops what was used least recently: with a bound that is reached at once, and with one that is
// reached while it is watched.
#include <cstddef>
#include <list>
#include <string>
#include <unordered_map>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

constexpr std::size_t kSmall = 250, kLarge = 1300;
std::list<std::string> used;
std::unordered_map<std::string, std::list<std::string>::iterator> index;
unsigned messages = 0;

[[gnu::noinline]] void PutInLru(std::size_t bound) {
  used.push_front("the answer to a question that nobody will ask again, number " + std::to_string(++messages));
  index[used.front()] = used.begin();
  if (used.size() <= bound) return;
  index.erase(used.back());
  used.pop_back();
}

void PutInSmall(Client&, const Message&) { PutInLru(kSmall); }
void PutInLarge(Client&, const Message&) { PutInLru(kLarge); }

const Case kLruAtBound("lru_at_bound", {.on_publish = PutInSmall});
const Case kLruFilling("lru_filling", {.on_publish = PutInLarge});

}  // namespace
}  // namespace mqtrack::verdicts
