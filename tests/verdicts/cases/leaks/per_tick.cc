// A report each hour, whatever the clients do.
#include <array>
#include <list>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

std::list<std::array<char, 600>> reports;

[[gnu::noinline]] void AppendHourlyReport(int) { reports.emplace_back(); }

const Case kCase("per_tick", {.on_tick = AppendHourlyReport});

}  // namespace
}  // namespace mqtrack::verdicts
