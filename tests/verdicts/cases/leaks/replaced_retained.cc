// A retained message is replaced, and the old one is not freed.
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

std::map<std::string, char*, std::less<>> retained;

[[gnu::noinline]] char* CopyPayload(std::string_view payload) {
  auto* const copy = static_cast<char*>(std::malloc(payload.size() + 1));
  std::memcpy(copy, payload.data(), payload.size());
  return copy;
}

void Retain(Client&, const Message& message) {
  if (message.is_retained) retained[std::string(message.topic)] = CopyPayload(message.payload);
}

const Case kCase("replaced_retained", {.on_publish = Retain});

}  // namespace
}  // namespace mqtrack::verdicts
