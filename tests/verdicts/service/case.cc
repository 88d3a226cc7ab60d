#include "case.h"

namespace mqtrack::verdicts {
namespace {
constinit const Case* first = nullptr;
}

Case::Case(const char* name, const Hooks& hooks) : name_(name), hooks_(hooks), next_(first) { first = this; }

const Case* Case::Find(std::string_view name) {
  const Case* found = first;
  while (found != nullptr && found->name_ != name) found = found->next_;
  return found;
}

}  // namespace mqtrack::verdicts
