// Regular expressions are compiled when they are needed first, and all thrown away when there are too many.
#include <map>
#include <regex>
#include <string>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

constexpr std::size_t kMost = 20;
constexpr std::uint32_t kPatterns = 33;
std::map<std::string, std::regex> patterns;

[[gnu::noinline]] void CompilePattern(const std::string& text) { patterns.emplace(text, std::regex(text)); }

void OnConnect(Client& client) {
  const std::string text =
      "[a-z]+-" + std::to_string(Scatter(static_cast<std::uint32_t>(client.socket) + client.id.back()) % kPatterns);
  if (patterns.size() >= kMost) patterns.clear();
  if (patterns.find(text) == patterns.end()) CompilePattern(text);
}

const Case kCase("patterns", {.on_connect = OnConnect});

}  // namespace
}  // namespace mqtrack::verdicts
